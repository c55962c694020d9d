/// Evaluation and studies. `gold`, `kl`, `judge` and `policy` measure a policy, in the built-in `world` or on text;
/// `curve`, `analysis` and `toy` compute, numbers in and records out; `study` and `text` run grids of cells; `record`
/// is what they leave on disk; `report` makes a page of that; `speed` times training and generation.
///
/// Arrows: `study` and `report` do not know each other, they meet in `record`. The rooms form no cycle; the
/// architecture test in `bench` holds them to this.
package dev.daa.eval;
