package dev.daa.eval.report.measure;

import dev.daa.eval.record.Point;
import dev.daa.eval.report.text.Words;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/// Rise and fall of the gold reward where the peak was chosen without the run that it is measured on: for each seed in
/// turn, the other seeds of its size say at which β and checkpoint gold rises and falls most, and the seed left out
/// says by how much it does there. A peak that is only noise is not found again in a seed that took no part in the
/// choice, so no correction for the number of checkpoints is due. Pure.
///
/// @param folds one for each size and seed
public record LeftOutPeaks(List<Fold> folds) {
    /// Seeds that a size must have.
    public static final int SEEDS = 3;

    /// One seed with the choice of the others.
    ///
    /// @param beta chosen
    /// @param fraction of training at the checkpoint chosen
    /// @param rise gold there over that of the SFT policy
    /// @param fall gold there over that at the end of training
    /// @param proxy how much the implicit reward grows from there to the end
    public record Fold(double beta, double fraction, double rise, double fall, double proxy) {}

    /// @param sizes the groups of one objective; those with too few seeds are left out
    public static LeftOutPeaks of(List<StudyGroups.Group> sizes) {
        List<Fold> folds = new ArrayList<>();
        for (StudyGroups.Group group : sizes) {
            List<Long> seeds = group.members().getFirst().last().points().stream()
                    .map(point -> point.cell().seed())
                    .toList();
            if (seeds.size() >= SEEDS) {
                for (long seed : seeds) {
                    fold(group, seed).ifPresent(folds::add);
                }
            }
        }
        return new LeftOutPeaks(List.copyOf(folds));
    }

    private static Optional<Fold> fold(StudyGroups.Group group, long seed) {
        double best = Double.NEGATIVE_INFINITY;
        Trajectory chosen = null;
        Trajectory.Stage peak = null;
        for (Trajectory member : group.members()) {
            for (Trajectory.Stage stage : member.stages()) {
                boolean inside = stage != member.first() && stage != member.last();
                double hump = inside
                        ? Math.min(
                                others(stage, seed) - others(member.first(), seed),
                                others(stage, seed) - others(member.last(), seed))
                        : Double.NaN;
                if (hump > best) {
                    best = hump;
                    chosen = member;
                    peak = stage;
                }
            }
        }
        if (chosen == null || peak == null) {
            return Optional.empty();
        }
        Optional<Point> start = of(chosen.first(), seed);
        Optional<Point> here = of(peak, seed);
        Optional<Point> end = of(chosen.last(), seed);
        if (start.isEmpty() || here.isEmpty() || end.isEmpty()) {
            return Optional.empty();
        }
        double gold = here.get().gold().mean();
        return Optional.of(new Fold(
                chosen.beta(),
                peak.fraction(),
                gold - start.get().gold().mean(),
                gold - end.get().gold().mean(),
                end.get().implicitReward().mean() - here.get().implicitReward().mean()));
    }

    /// Mean gold reward of all seeds but one.
    private static double others(Trajectory.Stage stage, long seed) {
        return stage.points().stream()
                .filter(point -> point.cell().seed() != seed)
                .mapToDouble(point -> point.gold().mean())
                .average()
                .orElse(Double.NaN);
    }

    private static Optional<Point> of(Trajectory.Stage stage, long seed) {
        return stage.points().stream()
                .filter(point -> point.cell().seed() == seed)
                .findFirst();
    }

    /// Mean and interval over the folds, of which there are at least two.
    public SeedMean mean(ToDoubleFunction<Fold> quantity) {
        return SeedMean.of(folds.stream().mapToDouble(quantity).boxed().toList())
                .orElseThrow();
    }

    /// "β 0.02 at 50 % of training (2 of 3 choices), β 0.1 at 75 % of training (1 of 3 choices)".
    public String choices() {
        Map<String, Integer> counts = new LinkedHashMap<>();
        for (Fold fold : folds) {
            counts.merge(
                    (Double.isNaN(fold.beta()) ? "" : Words.beta(fold.beta()) + " at ") + Words.percent(fold.fraction())
                            + " of training",
                    1,
                    Integer::sum);
        }
        return counts.entrySet().stream()
                .sorted(Map.Entry.<String, Integer>comparingByValue().reversed())
                .map(choice -> choice.getKey() + " (" + choice.getValue() + " of " + folds.size() + " choices)")
                .collect(Collectors.joining(", "));
    }
}
