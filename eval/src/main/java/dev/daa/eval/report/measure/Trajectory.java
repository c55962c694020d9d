package dev.daa.eval.report.measure;

import dev.daa.eval.gold.Concordance;
import dev.daa.eval.record.Estimate;
import dev.daa.eval.record.Evaluation;
import dev.daa.eval.record.Method;
import dev.daa.eval.record.Point;
import dev.daa.eval.report.text.Words;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/// The checkpoints of one objective, size and β, averaged over seeds: from the SFT policy to the end of training.
///
/// @param beta NaN where the objective has none
/// @param stages in order of the training done; the first is the SFT policy where the study has its points
public record Trajectory(
        Method method, String objective, String size, long parameters, double beta, List<Stage> stages) {
    /// The same checkpoint of every seed.
    ///
    /// @param fraction share of training done
    public record Stage(double fraction, List<Point> points) {
        /// Mean over seeds, with the standard error of [Estimate#average]. What seeds share counts once.
        public Estimate average(Function<Evaluation, Estimate> quantity) {
            Map<String, Estimate> byRun = new LinkedHashMap<>();
            for (Point point : points) {
                byRun.put(point.cell().run(), quantity.apply(point.evaluation()));
            }
            return Estimate.average(List.copyOf(byRun.values()));
        }

        /// Whether seeds have points of one run, as the SFT policy of a study on text.
        private boolean isShared() {
            return points.stream().map(point -> point.cell().run()).distinct().count() < points.size();
        }

        /// Mean over the seeds that have a value; NaN where none has.
        public double mean(ToDoubleFunction<Evaluation> quantity) {
            return points.stream()
                    .mapToDouble(point -> quantity.applyAsDouble(point.evaluation()))
                    .filter(value -> !Double.isNaN(value))
                    .average()
                    .orElse(Double.NaN);
        }

        /// Mean over seeds of what has no error of its own, with the standard error that its spread implies.
        public Estimate overSeeds(ToDoubleFunction<Evaluation> quantity) {
            return average(measured -> new Estimate(quantity.applyAsDouble(measured), Double.NaN));
        }

        public Estimate gold() {
            return average(measured -> measured.rewards().gold());
        }

        /// Mean over seeds of this stage's quantity minus another's of the same seed; the difference of the
        /// means where no seed has both, or seeds share what is subtracted.
        public Estimate minus(Stage other, Function<Evaluation, Estimate> quantity) {
            Map<Long, Estimate> differences = differences(other, quantity);
            return differences.isEmpty() || other.isShared()
                    ? average(quantity).minus(other.average(quantity))
                    : Estimate.average(List.copyOf(differences.values()));
        }

        /// This stage's quantity minus another's, by seed, of the seeds that both have.
        public Map<Long, Estimate> differences(Stage other, Function<Evaluation, Estimate> quantity) {
            Map<Long, Estimate> differences = new LinkedHashMap<>();
            for (Point one : points) {
                for (Point two : other.points) {
                    if (one.cell().seed() == two.cell().seed()) {
                        Estimate minuend = quantity.apply(one.evaluation());
                        differences.put(one.cell().seed(), minuend.minus(quantity.apply(two.evaluation())));
                    }
                }
            }
            return differences;
        }

        /// Gold reward over that of another stage.
        public Estimate goldOver(Stage other) {
            return minus(other, measured -> measured.rewards().gold());
        }

        /// How the reward model orders pairs of the policy's responses: mean share over seeds, and the distinct
        /// pairs of the seed that has fewest.
        public Concordance agreement() {
            return new Concordance(
                    mean(measured -> measured.rewards().agreement().share()),
                    points.stream()
                            .mapToLong(point ->
                                    point.evaluation().rewards().agreement().distinctPairs())
                            .min()
                            .orElse(0));
        }

        public Estimate kl() {
            return average(measured -> measured.kl().exact());
        }

        /// Mean share of the attainable gain; NaN at the start, where nothing is gained and nothing attainable.
        public double frontierShare() {
            return fraction == 0
                    ? Double.NaN
                    : mean(measured -> measured.rewards().frontierShare());
        }

        public double step() {
            return points.stream().mapToInt(Point::step).average().orElse(0);
        }

        public double distance() {
            return Math.sqrt(Math.max(0, kl().mean()));
        }
    }

    private record Key(Method method, String objective, String size, long parameters, double beta) {}

    /// Every trajectory of a study: sizes ascending, objectives in the study's order, β ascending.
    public static List<Trajectory> of(List<Point> points) {
        Map<Key, List<Point>> groups = new LinkedHashMap<>();
        Map<String, List<Point>> starts = new LinkedHashMap<>();
        List<String> objectives = new ArrayList<>();
        // The SFT policy was scored by one reward model; where a study has several, its score is none of theirs.
        boolean manyProxies = points.stream()
                        .map(point -> point.cell().proxy())
                        .filter(proxy -> !proxy.isEmpty())
                        .distinct()
                        .count()
                > 1;
        for (Point point : points) {
            Point.Cell cell = point.cell();
            if (point.isStart()) {
                starts.computeIfAbsent(cell.size(), size -> new ArrayList<>())
                        .add(manyProxies ? point.withoutProxy() : point);
                continue;
            }
            if (!objectives.contains(cell.objective())) {
                objectives.add(cell.objective());
            }
            Key key = new Key(cell.method(), cell.objective(), cell.size(), cell.parameters(), cell.beta());
            groups.computeIfAbsent(key, cells -> new ArrayList<>()).add(point);
        }
        List<Trajectory> trajectories = new ArrayList<>();
        groups.forEach((key, members) -> trajectories.add(new Trajectory(
                key.method(),
                key.objective(),
                key.size(),
                key.parameters(),
                key.beta(),
                stages(starts.getOrDefault(key.size(), List.of()), members))));
        trajectories.sort(Comparator.comparingLong(Trajectory::parameters)
                .thenComparing(Trajectory::size)
                .thenComparingInt(trajectory -> objectives.indexOf(trajectory.objective()))
                .thenComparingDouble(Trajectory::beta));
        return List.copyOf(trajectories);
    }

    private static List<Stage> stages(List<Point> start, List<Point> members) {
        TreeMap<Double, List<Point>> byFraction = new TreeMap<>();
        if (!start.isEmpty()) {
            byFraction.put(0.0, new ArrayList<>(start));
        }
        for (Point point : members) {
            // Seeds agree in their fractions to rounding of the step.
            double fraction = Math.round(point.fraction() * 1e4) / 1e4;
            byFraction.computeIfAbsent(fraction, key -> new ArrayList<>()).add(point);
        }
        List<Stage> stages = new ArrayList<>();
        byFraction.forEach((fraction, seeds) -> stages.add(new Stage(fraction, List.copyOf(seeds))));
        return List.copyOf(stages);
    }

    public Stage first() {
        return stages.getFirst();
    }

    public Stage last() {
        return stages.getLast();
    }

    /// The stage of the highest mean gold reward, the earliest of equals.
    public Stage peak() {
        Stage best = first();
        for (Stage stage : stages) {
            if (stage.gold().mean() > best.gold().mean()) {
                best = stage;
            }
        }
        return best;
    }

    /// Gold reward gained from the SFT policy to the peak.
    public Estimate rise() {
        return peak().goldOver(first());
    }

    /// Gold reward lost from the peak to the end of training. Where the end is the peak that is 0, as uncertain as
    /// the difference from the stage before.
    public Estimate fall() {
        return peak() == last() ? last().goldOver(beforeLast()).atZero() : peak().goldOver(last());
    }

    /// How much more this falls than another; the difference of the means where no seed has both.
    public Estimate fallOver(Trajectory other) {
        Map<Long, Estimate> differences = fallsOver(other);
        return differences.isEmpty() ? fall().minus(other.fall()) : Estimate.average(List.copyOf(differences.values()));
    }

    /// How much more this falls than another, by seed, of the seeds that both have.
    public Map<Long, Estimate> fallsOver(Trajectory other) {
        Map<Long, Estimate> others = other.falls();
        Map<Long, Estimate> differences = new LinkedHashMap<>();
        falls().forEach((seed, fall) -> {
            Estimate subtrahend = others.get(seed);
            if (subtrahend != null) {
                differences.put(seed, fall.minus(subtrahend));
            }
        });
        return differences;
    }

    /// The fall of each seed from the peak of all.
    private Map<Long, Estimate> falls() {
        boolean none = peak() == last();
        Map<Long, Estimate> falls = new HashMap<>();
        peak().differences(
                        none ? beforeLast() : last(),
                        measured -> measured.rewards().gold())
                .forEach((seed, difference) -> falls.put(seed, none ? difference.atZero() : difference));
        return falls;
    }

    private Stage beforeLast() {
        return stages.get(Math.max(0, stages.size() - 2));
    }

    /// How much of a hump the gold reward makes: the smaller of rise and fall.
    public double hump() {
        return Math.min(rise().mean(), fall().mean());
    }

    public int seeds() {
        return (int) stages.stream()
                .flatMap(stage -> stage.points().stream())
                .filter(point -> !point.isStart())
                .mapToLong(point -> point.cell().seed())
                .distinct()
                .count();
    }

    /// Whether it has two seeds: the errors of one run are those of its prompts, and do not say how far apart runs
    /// end that differ in nothing but their seed. So one seed decides nothing between runs.
    public boolean isRepeated() {
        return seeds() > 1;
    }

    /// "DPO, β 0.1", and the size where `withSize`.
    public String label(boolean withSize) {
        String name = Words.objective(objective) + (Double.isNaN(beta) ? "" : ", " + Words.beta(method, beta));
        return withSize ? name + ", " + size : name;
    }
}
