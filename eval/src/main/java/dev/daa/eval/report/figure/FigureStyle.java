package dev.daa.eval.report.figure;

import dev.daa.eval.record.Estimate;
import dev.daa.eval.record.Method;
import dev.daa.eval.record.Point;
import dev.daa.eval.report.chart.Axis;
import dev.daa.eval.report.chart.Colour;
import dev.daa.eval.report.chart.Legend;
import dev.daa.eval.report.chart.Mark;
import dev.daa.eval.report.chart.Palette;
import dev.daa.eval.report.measure.FrontierCurve;
import dev.daa.eval.report.measure.StudyGroups;
import dev.daa.eval.report.measure.Trajectory;
import dev.daa.eval.report.text.Words;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// What all figures of a study share: the colour and shape of each objective, β and size, and the frontier.
public final class FigureStyle {
    static final String DISTANCE = "√KL to the SFT policy, √nats";
    private static final int FRONTIER_VERTICES = 60;

    private final GoldFrame frame;
    private final StudyGroups study;
    private final Map<String, Colour> objectives;
    private final List<Double> betas;
    private final Optional<FrontierCurve> frontier;

    public FigureStyle(List<Point> points, StudyGroups study, Optional<FrontierCurve> frontier) {
        double farthest = points.stream().mapToDouble(Point::distance).max().orElse(1);
        this.frame = GoldFrame.of(
                points, frontier.map(line -> line.bestGold(farthest)).orElse(Double.NaN));
        this.study = study;
        this.objectives = Palette.objectives(study.objectives());
        this.betas = study.trajectories().stream()
                .map(Trajectory::beta)
                .filter(beta -> !Double.isNaN(beta))
                .distinct()
                .sorted()
                .toList();
        this.frontier = frontier;
    }

    public StudyGroups study() {
        return study;
    }

    public Colour objective(String name) {
        return objectives.getOrDefault(name, Palette.INK);
    }

    public Mark.Shape shape(String objective) {
        List<Mark.Shape> shapes =
                List.of(Mark.Shape.CIRCLE, Mark.Shape.SQUARE, Mark.Shape.DIAMOND, Mark.Shape.TRIANGLE);
        return shapes.get(study.objectives().indexOf(objective) % shapes.size());
    }

    public Colour beta(double beta) {
        return Double.isNaN(beta) ? Palette.INK : Palette.sequence(betas.indexOf(beta), betas.size());
    }

    public Colour size(String size) {
        return Palette.sequence(study.sizes().indexOf(size), study.sizes().size());
    }

    public List<Legend.Entry> objectiveLegend() {
        return study.objectives().stream()
                .map(name -> Legend.Entry.dot(Words.objective(name), objective(name), shape(name)))
                .toList();
    }

    public List<Legend.Entry> betaLegend() {
        return betas.stream()
                .map(beta -> Legend.Entry.line(
                        betaName(beta) + "\u00a0" + Words.number(beta), beta(beta), Mark.Stroke.SOLID))
                .toList();
    }

    /// Of the methods that have this value; one colour serves them all.
    private String betaName(double beta) {
        return new StudyGroups(study.trajectories().stream()
                        .filter(member -> member.beta() == beta)
                        .toList())
                .betaName();
    }

    /// The best attainable gold reward up to a distance; nothing where it is unknown.
    public List<Mark> frontier(double distance) {
        if (frontier.isEmpty()) {
            return List.of();
        }
        List<Mark.Vertex> vertices = new ArrayList<>();
        for (int k = 0; k <= FRONTIER_VERTICES; k++) {
            double d = distance * k / FRONTIER_VERTICES;
            vertices.add(new Mark.Vertex(d, frontier.get().bestGold(d)));
        }
        return List.of(new Mark.Line(vertices, Palette.FRONTIER, Mark.Stroke.DASHED));
    }

    /// The greatest reward on the frontier up to a distance, for the axis; NaN where it is unknown.
    double frontierTop(double distance) {
        return frontier.map(line -> line.bestGold(distance)).orElse(Double.NaN);
    }

    public List<Legend.Entry> frontierLegend() {
        return frontier.isEmpty()
                ? List.of()
                : List.of(Legend.Entry.line(
                        "best that any policy can reach at this KL (exact)", Palette.FRONTIER, Mark.Stroke.DASHED));
    }

    /// Which checkpoints the figures of gold reward show.
    public GoldFrame frame() {
        return frame;
    }

    /// The distances that the frame shows.
    public Axis framedDistance() {
        return distanceAxis(new double[] {frame.farthest()});
    }

    /// The gold rewards of some checkpoints as far as the frame shows them, up to the frontier if `withFrontier`.
    public Axis framedGold(double[] gold, int ticks, boolean withFrontier) {
        double[] shown = Stream.concat(
                        java.util.Arrays.stream(gold)
                                .filter(value -> value >= frame.floor())
                                .boxed(),
                        Stream.of(withFrontier ? frontierTop(framedDistance().max()) : Double.NaN))
                .mapToDouble(Double::doubleValue)
                .toArray();
        return Axis.covering("mean gold reward", shown, ticks, true);
    }

    public static Axis distanceAxis(double[] distances) {
        return Axis.covering(DISTANCE, withZero(distances), 6, false);
    }

    static double[] withZero(double[] values) {
        return Stream.concat(Stream.of(0.0), java.util.Arrays.stream(values).boxed())
                .mapToDouble(Double::doubleValue)
                .toArray();
    }

    /// A dot of a point: quantity against distance, with its error bar and the words a pointer shows.
    public static Mark.Dot dot(Point point, Estimate quantity, String name, int decimals) {
        return new Mark.Dot(
                point.distance(), quantity.mean(), quantity.errorOrZero(), words(point, quantity, name, decimals));
    }

    /// A dot of a point: gold against proxy.
    static Mark.Dot proxyDot(Point point) {
        Estimate proxy = point.evaluation().rewards().proxy();
        return new Mark.Dot(
                proxy.mean(),
                point.gold().mean(),
                point.gold().errorOrZero(),
                words(point, point.gold(), "gold", 2) + ", proxy " + Words.estimate(proxy, 2));
    }

    /// What a pointer shows of a point.
    static String words(Point point, Estimate quantity, String name, int decimals) {
        Point.Cell cell = point.cell();
        String when = cell.method() == Method.BEST_OF_N
                ? "n = " + point.step()
                : Words.percent(point.fraction()) + " of training";
        return Words.objective(cell.objective())
                + (Double.isNaN(cell.beta()) ? "" : " " + Words.beta(cell.method(), cell.beta())) + ", " + cell.size()
                + ", seed "
                + cell.seed() + ", " + when + ": " + name + " "
                + Words.estimate(quantity, decimals) + ", KL "
                + Words.fixed(point.kl().mean(), 2);
    }
}
