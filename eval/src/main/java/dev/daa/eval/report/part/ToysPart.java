package dev.daa.eval.report.part;

import dev.daa.eval.analysis.Part;
import dev.daa.eval.record.Estimate;
import dev.daa.eval.report.chart.Axis;
import dev.daa.eval.report.chart.Colour;
import dev.daa.eval.report.chart.Figure;
import dev.daa.eval.report.chart.Legend;
import dev.daa.eval.report.chart.Mark;
import dev.daa.eval.report.chart.Palette;
import dev.daa.eval.report.chart.Panel;
import dev.daa.eval.report.finding.Finding;
import dev.daa.eval.report.finding.Finding.Case;
import dev.daa.eval.report.finding.Findings;
import dev.daa.eval.report.finding.OveroptimizationFindings;
import dev.daa.eval.report.measure.Outcome;
import dev.daa.eval.report.measure.Significance;
import dev.daa.eval.report.text.CsvText;
import dev.daa.eval.report.text.Html.Cell;
import dev.daa.eval.report.text.Words;
import dev.daa.eval.toy.CorrelatedProxy;
import dev.daa.eval.toy.PreferenceRank;
import dev.daa.eval.toy.ThreeResponses;
import dev.daa.eval.toy.Toys;
import dev.daa.eval.toy.Tree;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/// Under-constraint (2406.02900, §4) where it can be seen: three responses, a tree, and the rank of the pairs.
final class ToysPart {
    private static final double SAME_LOSS = 1e-6;
    private static final double FREE = 0.5;

    private final Toys toys;
    private final List<String> objectives;
    private final List<Double> betas;

    private ToysPart(Toys toys) {
        this.toys = toys;
        objectives =
                toys.courses().stream().map(Toys.Course::objective).distinct().toList();
        betas = toys.courses().stream()
                .map(Toys.Course::beta)
                .distinct()
                .sorted()
                .toList();
    }

    static AnalysisSection of(Optional<Toys> toys) {
        String title = "Why: what the pairs leave free";
        String introduction =
                "A preference loss sees differences between the two responses of a pair and nothing else. Where the"
                    + " mass of all other responses goes is decided by the start, the optimiser and the network, not"
                    + " by the loss.";
        if (toys.isEmpty()) {
            return new AnalysisSection(Part.TOYS, title, introduction, List.of(), Optional.empty(), List.of());
        }
        ToysPart part = new ToysPart(toys.get());
        return new AnalysisSection(
                Part.TOYS,
                title,
                introduction,
                List.of(part.three(), part.tree()),
                Optional.of(part.ranks()),
                List.of(part.nullSpace(), part.unseenMass(), part.rank(), correlated()));
    }

    private Figure three() {
        CsvText csv =
                new CsvText("objective", "beta", "start_1", "start_2", "start_3", "end_1", "end_2", "end_3", "loss");
        List<Panel> panels = new ArrayList<>();
        for (String objective : objectives) {
            List<Mark.Dot> dots = new ArrayList<>();
            for (ThreeResponses.Descent descent : descents(objective)) {
                double[] start = descent.start();
                double[] end = descent.end();
                dots.add(new Mark.Dot(
                        start[2],
                        end[2],
                        0,
                        "y3 " + Words.fixed(start[2], 3) + " → " + Words.fixed(end[2], 3) + ", y1 "
                                + Words.fixed(end[0], 3) + ", y2 " + Words.fixed(end[1], 3) + ", loss "
                                + Words.fixed(descent.loss(), 4)));
                csv.row(
                        objective,
                        descent.beta(),
                        start[0],
                        start[1],
                        start[2],
                        end[0],
                        end[1],
                        end[2],
                        descent.loss());
            }
            panels.add(new Panel(
                    Words.objective(objective),
                    new Axis("probability of y3 before training", 0, 1, 0.25),
                    new Axis("probability of y3 after training", 0, 1, 0.25),
                    List.of(
                            new Mark.Diagonal(Palette.AXIS),
                            new Mark.Dots(dots, colour(objective), Mark.Shape.CIRCLE))));
        }
        return new Figure(
                "three-responses",
                "Three responses, two preferences: the third is free",
                "One prompt, responses y1, y2, y3, and the preferences y1 ≻ y2 and y2 ≻ y1, so that a good policy"
                        + " gives y1 and y2 the same. A softmax table is trained by gradient descent to the end from "
                        + descents(objectives.getFirst()).size()
                        + " starts. All ends have the same loss; y3, which no pair mentions, keeps whatever it had.",
                new Legend(List.of(Legend.Entry.dot("one descent", Palette.INK, Mark.Shape.CIRCLE))),
                List.of(new Figure.Group("", panels)),
                csv.toString());
    }

    private List<ThreeResponses.Descent> descents(String objective) {
        return toys.three().stream()
                .filter(descent -> descent.objective().equals(objective))
                .toList();
    }

    private Colour colour(String objective) {
        return java.util.Objects.requireNonNull(Palette.objectives(objectives).get(objective));
    }

    private Colour colour(double beta) {
        return Palette.sequence(betas.indexOf(beta), betas.size());
    }

    private Figure tree() {
        CsvText csv = new CsvText(
                "policy", "objective", "beta", "seed", "step", "chosen", "rejected", "unseen", "top_unseen_share");
        for (Toys.Course course : toys.courses()) {
            for (Tree.Mass mass : course.masses()) {
                csv.row(
                        course.policy(),
                        course.objective(),
                        course.beta(),
                        course.seed(),
                        mass.step(),
                        mass.chosen(),
                        mass.rejected(),
                        mass.unseen(),
                        mass.topUnseen());
            }
        }
        List<Legend.Entry> legend = new ArrayList<>(betas.stream()
                .map(beta -> Legend.Entry.line(Words.beta(beta), colour(beta), Mark.Stroke.SOLID))
                .toList());
        legend.add(Legend.Entry.line("unseen trajectories", Palette.INK, Mark.Stroke.SOLID));
        legend.add(Legend.Entry.line("chosen trajectory", Palette.INK, Mark.Stroke.DOTTED));
        return new Figure(
                "tree",
                "A tree of 27 trajectories, one preference",
                "Three actions at each of three steps; the SFT data are half uniform, half the two trajectories of the"
                    + " one preference, which share their first action. Solid: probability of the 25 trajectories that"
                    + " the pair does not mention. Dotted: probability of the chosen one. The network is a transformer"
                    + " of one layer and width 16, trained by the learners of this study; mean over "
                        + seeds() + " seeds. The table has a softmax of its own at each state.",
                new Legend(legend),
                List.of(
                        new Figure.Group("A small network, whose states share weights", panels("network")),
                        new Figure.Group("A table", panels("table"))),
                csv.toString());
    }

    private long seeds() {
        return toys.courses().stream()
                .filter(course -> course.policy().equals("network"))
                .map(Toys.Course::seed)
                .distinct()
                .count();
    }

    private List<Panel> panels(String policy) {
        double[] steps = {0, toys.courses().getFirst().masses().getLast().step()};
        List<Panel> panels = new ArrayList<>();
        for (String objective : objectives) {
            List<Mark> marks = new ArrayList<>();
            for (double beta : betas) {
                List<Toys.Course> courses = courses(policy, objective, beta);
                marks.add(line(courses, Tree.Mass::unseen, colour(beta), Mark.Stroke.SOLID));
                marks.add(line(courses, Tree.Mass::chosen, colour(beta), Mark.Stroke.DOTTED));
            }
            panels.add(new Panel(
                    Words.objective(objective),
                    Axis.covering("optimizer steps", steps, 4, false),
                    new Axis("probability", 0, 1, 0.25),
                    marks));
        }
        return panels;
    }

    private List<Toys.Course> courses(String policy, String objective, double beta) {
        return toys.courses().stream()
                .filter(course ->
                        course.policy().equals(policy) && course.objective().equals(objective) && course.beta() == beta)
                .toList();
    }

    private static Mark line(
            List<Toys.Course> courses, ToDoubleFunction<Tree.Mass> mass, Colour colour, Mark.Stroke stroke) {
        List<Tree.Mass> first = courses.getFirst().masses();
        return new Mark.Line(
                IntStream.range(0, first.size())
                        .mapToObj(k -> new Mark.Vertex(
                                first.get(k).step(),
                                courses.stream()
                                        .mapToDouble(course -> mass.applyAsDouble(
                                                course.masses().get(k)))
                                        .average()
                                        .orElseThrow()))
                        .toList(),
                colour,
                stroke);
    }

    private AnalysisSection.Table ranks() {
        List<List<Cell>> rows = new ArrayList<>();
        for (PreferenceRank rank : toys.ranks()) {
            rows.add(List.of(
                    Cell.number(Integer.toString(rank.pairs())),
                    Cell.number(Integer.toString(rank.responses())),
                    Cell.number(Integer.toString(rank.rank())),
                    Cell.number(Integer.toString(rank.responses() - rank.rank())),
                    Cell.number(Words.percent((double) rank.rank() / rank.responses()))));
        }
        return new AnalysisSection.Table(
                "Rank of the preference matrix, pairs of reference reviews",
                List.of(
                        Cell.number("pairs"),
                        Cell.number("different responses"),
                        Cell.number("rank of Q"),
                        Cell.number("flat directions among them"),
                        Cell.number("rank / responses")),
                rows);
    }

    private Finding nullSpace() {
        List<Case> cases = new ArrayList<>();
        for (String objective : objectives) {
            double[] losses = descents(objective).stream()
                    .mapToDouble(ThreeResponses.Descent::loss)
                    .toArray();
            double[] thirds = descents(objective).stream()
                    .mapToDouble(descent -> descent.end()[2])
                    .toArray();
            double lossRange = range(losses);
            double massRange = range(thirds);
            cases.add(new Case(
                    Words.objective(objective),
                    lossRange < SAME_LOSS && massRange > FREE
                            ? Outcome.SHOWN
                            : massRange < FREE && lossRange < SAME_LOSS ? Outcome.CONTRADICTED : Outcome.UNDECIDED,
                    "over " + thirds.length + " starts the losses at the end differ by "
                            + String.format(java.util.Locale.ROOT, "%.0e", lossRange)
                            + ", the probability of the unseen response ranges from "
                            + Words.fixed(DoubleStream.of(thirds).min().orElse(Double.NaN), 2) + " to "
                            + Words.fixed(DoubleStream.of(thirds).max().orElse(Double.NaN), 2)));
        }
        return new Finding(
                "null-space",
                "Minima of a preference loss may put any mass on responses that no pair mentions.",
                Findings.RAFAILOV + ", §4, proposition 1 and the three-response example",
                "For each objective: yes, if descents that end at the same loss, to 10⁻⁶, differ by more than one half"
                        + " in the probability of the third response; no, if they all agree on it.",
                cases,
                "");
    }

    private static double range(double[] values) {
        return DoubleStream.of(values).max().orElse(0)
                - DoubleStream.of(values).min().orElse(0);
    }

    private Finding unseenMass() {
        List<Case> cases = new ArrayList<>();
        for (String objective : objectives) {
            Estimate smallest = change(objective, betas.getFirst());
            Estimate largest = change(objective, betas.getLast());
            double z = Significance.threshold(1);
            Estimate difference = smallest.minus(largest);
            cases.add(new Case(
                    Words.objective(objective),
                    smallest.z() > z && difference.z() > z
                            ? Outcome.SHOWN
                            : smallest.z() < -z || difference.z() < -z ? Outcome.CONTRADICTED : Outcome.UNDECIDED,
                    "probability of unseen trajectories changes by "
                            + OveroptimizationFindings.signedEstimate(smallest, 3) + " at "
                            + Words.beta(betas.getFirst())
                            + " and by " + OveroptimizationFindings.signedEstimate(largest, 3) + " at "
                            + Words.beta(betas.getLast()) + "; " + Words.count(seeds(), "seed")));
        }
        return new Finding(
                "unseen-mass",
                "On the tree, training on one preference moves mass to unseen trajectories, most at small β.",
                Findings.RAFAILOV + ", §4, the tree MDP",
                "For each objective, the network: yes, if the probability of unseen trajectories at the end is above"
                    + " that before training at the smallest β, and its change greater there than at the largest, both"
                    + " by more than 1.96 standard errors over seeds; no, if either is the other way round by as"
                    + " much.",
                cases,
                "Depth, network and warm start of the paper's tree are not published; these are our own.");
    }

    private Estimate change(String objective, double beta) {
        return Estimate.average(courses("network", objective, beta).stream()
                .map(course -> Estimate.exact(course.masses().getLast().unseen()
                        - course.masses().getFirst().unseen()))
                .toList());
    }

    private Finding rank() {
        List<Case> cases = toys.ranks().stream()
                .map(rank -> new Case(
                        Words.count(rank.pairs(), "pair"),
                        rank.rank() < rank.responses() ? Outcome.SHOWN : Outcome.CONTRADICTED,
                        rank.responses() + " different responses, rank " + rank.rank() + ", "
                                + (rank.responses() - rank.rank()) + " flat directions"))
                .toList();
        return new Finding(
                "rank",
                "The preference matrix is rank-deficient: the loss is flat along many directions of the policy.",
                Findings.RAFAILOV + ", §4, proposition 1",
                "For each number of pairs, two reference reviews of one item each: yes, if the rank of Q is below the"
                        + " number of responses that occur; no, if not. Responses that never occur come on top.",
                cases,
                "The proposition holds for any pairs, since each group of responses that pairs connect leaves one flat"
                        + " direction; the numbers say how many there are.");
    }

    private static Finding correlated() {
        List<Case> cases = CorrelatedProxy.all().stream()
                .map(toy -> new Case(
                        "correlation " + Words.fixed(toy.correlation(), 2),
                        toy.below() > 0
                                ? Outcome.CONTRADICTED
                                : toy.best().reward() > toy.highest().reward() ? Outcome.SHOWN : Outcome.UNDECIDED,
                        "of " + toy.policies() + " policies " + toy.below() + " below their bound; the best by proxy −"
                                + " λ√χ² gains " + Words.fixed(toy.best().reward(), 2) + " (at least "
                                + Words.fixed(toy.best().bound(), 2) + ") at KL "
                                + Words.fixed(toy.best().kl(), 2) + " nats, under a KL penalty the one at that KL "
                                + Words.fixed(toy.nearest().reward(), 2) + " and the best of all "
                                + Words.fixed(toy.highest().reward(), 2)))
                .toList();
        return new Finding(
                "correlated-proxy",
                "A proxy that correlates with the true reward under the reference bounds what the true reward gains by"
                        + " √χ², and a policy chosen by that bound gains more than any under a KL penalty.",
                "Laidlaw et al. 2025, arXiv 2403.03185, theorem 5.1",
                "By enumeration of 442 responses, one of which, of probability 0.001, is bad and has the highest"
                        + " proxy: no, if any policy's true reward is below (proxy − √((1 − r²)χ²))/r, all in standard"
                        + " deviations under the reference; yes, if none is, and the policy whose bound is highest has"
                        + " more true reward than every one under a KL penalty.",
                cases,
                "The bound holds for any responses; that KL gains less is of this rare response, which draws its"
                        + " policies before their gain is large.");
    }
}
