package dev.daa.cli;

import dev.daa.compute.InputException;
import dev.daa.eval.curve.FitSummary;
import dev.daa.eval.curve.HedgeTune;
import dev.daa.eval.curve.InferenceTimeMethod;
import dev.daa.eval.curve.SampledCurve;
import dev.daa.eval.curve.ScoredPrompt;
import dev.daa.eval.record.CurveCsv;
import dev.daa.eval.record.Json;
import dev.daa.eval.record.PointsCsv;
import dev.daa.eval.record.ScoresCsv;
import dev.daa.eval.report.measure.StudyCurve;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// `daa fit`: fits a scaling law to points of a curve, or finds where picking among samples loses gold.
@Command(
        name = "fit",
        description = {
            "Fits a law of reward against distance to the points of a CSV file.",
            "Of a study's report/points.csv: to the checkpoints of each objective and size, as the report does.",
            "Prints a line of JSON a fit: alpha, beta, rmse, peak_distance, peak_reward and 95 %% intervals.",
            "Intervals are the wider one of a bootstrap that draws whole clusters, five at least, and of each seed left"
                    + " out in turn, two at least; intervals_over says which there were.",
            "Of --samples it fits no law, but finds how hard one may pick among them by the proxy before gold is lost"
                    + " (HedgeTune, arXiv 2506.19248): prints a line each for the n of best of n, the lambda of soft"
                    + " best of n (one of N drawn with probability ∝ e^(λ·proxy)) and the mu of best of Poisson (the"
                    + " best of 1 + Poisson(μ)), with the outcome (interior, still-rises: no threshold up to the"
                    + " limit, never-rises: gold falls from the start), 95 %% interval (a high end of null is beyond"
                    + " the limit) and the gold there, of one sample and at the limit."
        })
final class FitCommand implements Callable<Integer> {
    private static final List<String> OF_POINTS =
            List.of("--reward", "--law", "--intercept", "--nonnegative", "--seed");

    private final Terminal terminal;

    @ArgGroup(multiplicity = "1")
    private Input input = new Input();

    /// What is fitted: one of the two.
    private static final class Input {
        @Option(
                names = "--points",
                required = true,
                paramLabel = "FILE.csv",
                description =
                        "Columns distance (√KL) and reward, optionally se, cluster (the run of a point) and seed; or a"
                                + " study's points.csv.")
        private @Nullable Path points;

        @Option(
                names = "--samples",
                required = true,
                paramLabel = "FILE.csv",
                description = "Columns prompt, proxy and gold, optionally seed: a line for each of several samples of"
                        + " each prompt; or the scores.csv of a study's run of best of n.")
        private @Nullable Path samples;
    }

    @Spec
    private @Nullable CommandSpec spec;

    @Option(
            names = "--reward",
            paramLabel = "COLUMN",
            description = "Reward of a study's points.csv, less the SFT policy's: gold, exact_gold, win_rate,"
                    + " win_rate_sft or proxy_reward. [gold]")
    private @Nullable String reward;

    @Option(
            names = "--law",
            paramLabel = "LAW",
            defaultValue = "rl",
            description = {
                "The reward over d = √KL. [${DEFAULT-VALUE}]",
                "rl: d(α − β log d)",
                "bon: d(α − βd)",
                "log1p: d(α − β log(1 + d))",
                "power: d(α − βd^γ)",
                "quadratic_kl: c + d²(α − βd²), a parabola in KL = d²",
                "quadratic_distance: c + d(α − βd), a parabola in d",
                "quadratic: that of the two with the smaller rmse"
            })
    private String law = "rl";

    @Option(
            names = "--intercept",
            description =
                    "Add a constant c, the reward at distance 0, to rl, bon or log1p, which have 0 there else. The"
                            + " quadratics always have it, power never does.")
    private boolean intercept;

    @Option(names = "--nonnegative", description = "Hold α and β at 0 or above.")
    private boolean nonNegative;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "0",
            description = "Seed of the bootstrap replicas. [${DEFAULT-VALUE}]")
    private long seed;

    FitCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
        if (input.samples != null) {
            requireNoLaw();
            showThresholds(ScoresCsv.read(input.samples));
        } else {
            fitPoints(Objects.requireNonNull(input.points));
        }
        return 0;
    }

    private void requireNoLaw() {
        for (String option : OF_POINTS) {
            if (Objects.requireNonNull(spec).commandLine().getParseResult().hasMatchedOption(option)) {
                throw InputException.of("fit --samples", option, "no such option, which is for --points", "");
            }
        }
    }

    private void showThresholds(List<ScoredPrompt> prompts) {
        for (InferenceTimeMethod method : InferenceTimeMethod.values()) {
            terminal.out().println(Json.line(new HedgeTune(method, prompts).threshold()));
        }
    }

    private void fitPoints(Path points) throws IOException {
        FitSummary.requireKnown(law);
        if (PointsCsv.isHeadedAs(points)) {
            fitStudy(StudyCurve.read(points, reward == null ? "gold" : reward));
        } else if (reward != null) {
            throw InputException.of("--reward", reward, "no --reward: " + points + " is not a study's points.csv", "");
        } else {
            terminal.out().println(fit(CurveCsv.read(points)).json());
        }
    }

    private FitSummary fit(SampledCurve curve) {
        return FitSummary.of(law, curve, intercept, nonNegative, seed);
    }

    /// What has too few points for the law is named and left out, unless that is every curve.
    private void fitStudy(List<StudyCurve> curves) {
        int fitted = 0;
        for (StudyCurve curve : curves) {
            try {
                ObjectNode line = JsonMapper.shared().createObjectNode();
                line.put("objective", curve.objective());
                line.put("size", curve.size());
                line.put("reward", curve.reward());
                line.put("origin", curve.origin());
                line.setAll((ObjectNode) JsonMapper.shared().valueToTree(fit(curve.curve())));
                terminal.out().println(line);
                fitted++;
            } catch (InputException undetermined) {
                String message = curve.objective() + ", size " + curve.size() + ": " + undetermined.getMessage();
                if (fitted == 0 && curve.equals(curves.getLast())) {
                    throw new InputException(message, undetermined);
                }
                terminal.err().println("daa: " + message);
            }
        }
    }
}
