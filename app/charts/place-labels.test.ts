import { describe, expect, it } from 'vitest';
import { type LabelPlace, labelsFit, placeLabels } from './place-labels';

const ROOM = { left: 50, right: 350, top: 10, bottom: 250 };
const MARKER = 11;

const meet = (a: LabelPlace, b: LabelPlace) =>
  Math.abs(a.y - b.y) < 15 && a.left < b.right && b.left < a.right;

describe('placeLabels', () => {
  it('puts a label that nothing is in the way of on its point’s line, to the right', () => {
    const [place] = placeLabels([{ name: 'Atoms', x: 100, y: 80 }], ROOM, MARKER);
    expect(place).toMatchObject({ left: 112, y: 80, toLeft: false });
  });

  it('turns a label to the left where the plot ends', () => {
    const [place] = placeLabels([{ name: 'Atoms', x: 340, y: 80 }], ROOM, MARKER);
    expect(place).toMatchObject({ right: 328, toLeft: true });
  });

  it('moves a label off a level line, but no farther than it must', () => {
    const levels = [{ left: 100, right: 350, y: 80 }];
    const [place] = placeLabels([{ name: 'Atoms', x: 100, y: 80 }], ROOM, MARKER, levels);
    expect(Math.abs((place?.y ?? 0) - 80)).toBe(12);
  });

  it('keeps labels of points that lie together apart, off the markers and within the plot', () => {
    const spots = ['LoRA', 'Atoms', 'Full', 'Probe'].map((name, index) => ({
      name,
      x: 150 + 8 * index,
      y: 244 - 2 * index,
    }));
    const places = placeLabels(spots, ROOM, MARKER);
    places.forEach((place, index) => {
      for (const other of places.slice(index + 1)) expect(meet(place, other)).toBe(false);
      for (const { x, y } of spots)
        expect(Math.abs(place.y - y) < 15 && place.left < x + MARKER && x - MARKER < place.right).toBe(false);
      expect(place.y).toBeLessThanOrEqual(ROOM.bottom);
    });
  });
});

describe('labelsFit', () => {
  it('asks for a legend where labels are long for the plot, or many', () => {
    expect(labelsFit(['Linear probe', 'Atoms', 'LoRA'], 240)).toBe(true);
    expect(labelsFit(['Atoms, atoms per layer (m) 3, learning rate 0.001'], 240)).toBe(false);
    expect(
      labelsFit(
        Array.from({ length: 13 }, (_, index) => `m ${index}`),
        600,
      ),
    ).toBe(false);
  });
});
