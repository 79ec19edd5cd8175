import { describe, expect, it } from 'vitest';
import { network } from '../backbone/layout';
import { entryOf, nodesBetween, stagesOf } from './graph';

const RESNETS = [
  { baseWidth: 64, blocks: [3, 4, 6, 3], strideIn1x1: false },
  { baseWidth: 16, blocks: [2, 1], strideIn1x1: true },
];

describe.each(RESNETS.map((layout) => ({ layout, graph: network(layout) })))(
  'the graph of a ResNet',
  (row) => {
    const { graph, layout } = row;

    it('has each name once, and every node after its inputs', () => {
      const known = new Set([graph.input]);
      for (const { id, inputs } of graph.nodes) {
        expect(known).not.toContain(id);
        for (const input of inputs) expect(known).toContain(input);
        known.add(id);
      }
      expect(known).toContain(graph.output);
    });

    it('has a stage for each entry, after which nothing older is read', () => {
      expect(stagesOf(graph)).toBe(layout.blocks.length);
      for (let stage = 1; stage <= stagesOf(graph) + 1; stage++) {
        const entry = entryOf(graph, stage);
        const after = nodesBetween(graph, entry, graph.output);
        const known = new Set([entry, ...after.map(({ id }) => id)]);
        for (const { inputs } of after) for (const input of inputs) expect(known).toContain(input);
      }
      expect(() => entryOf(graph, stagesOf(graph) + 2)).toThrow('no stage');
    });

    it('hands on one value from each block', () => {
      const blocks = [...new Set(graph.nodes.map(({ block }) => block))];
      for (const block of blocks) {
        const inside = new Set(graph.nodes.flatMap((node) => (node.block === block ? node.id : [])));
        const read = graph.nodes.flatMap((node) => (node.block === block ? [] : node.inputs));
        expect(new Set(read.filter((input) => inside.has(input))).size).toBe(block === 'head' ? 0 : 1);
      }
    });
  },
);
