/** The logo: one 3×3 atom. */
import { HeatMap } from './HeatMap';

const ATOM = [0.8, 0.05, -0.7, 0.4, 0.85, -0.35, -0.75, -0.3, 0.45];

export function Mark() {
  return <HeatMap values={ATOM} side={3} scale={1} size={30} />;
}
