package dev.daa.eval.study;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// One run of the grid: an objective at one β, on one size with one seed.
///
/// @param parameters of the objective, β among them
public record Cell(Base base, String objective, double beta, Map<String, Object> parameters) {
    /// What several cells start from: the SFT model, its pairs and its held-out samples.
    public record Base(StudyConfig.Size size, long seed) {
        /// Name of the base's run folder.
        public String name() {
            return "sft-" + size.name() + "-seed" + seed;
        }
    }

    /// Name of the run folder, by which a cell is asked for.
    public String name() {
        return objective + "-beta" + plain(beta) + "-" + base.size().name() + "-seed" + base.seed();
    }

    /// Every cell of a study, base by base.
    static List<Cell> of(StudyConfig config) {
        List<Cell> cells = new ArrayList<>();
        for (Base base : bases(config)) {
            for (StudyConfig.ObjectiveGrid grid : config.objectives()) {
                for (double beta : grid.betas()) {
                    cells.add(new Cell(base, grid.name(), beta, grid.at(beta)));
                }
            }
        }
        return cells;
    }

    static List<Base> bases(StudyConfig config) {
        List<Base> bases = new ArrayList<>();
        for (StudyConfig.Size size : config.sizes()) {
            for (long seed : config.seeds()) {
                bases.add(new Base(size, seed));
            }
        }
        return bases;
    }

    private static String plain(double value) {
        return new java.math.BigDecimal(Double.toString(value))
                .stripTrailingZeros()
                .toPlainString();
    }
}
