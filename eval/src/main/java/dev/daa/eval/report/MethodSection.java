package dev.daa.eval.report;

import dev.daa.eval.curve.Interval;
import dev.daa.eval.record.GoldRow;
import dev.daa.eval.record.Point;
import dev.daa.eval.record.StudyFacts;
import dev.daa.eval.report.measure.StudyData;
import dev.daa.eval.report.text.Html;
import dev.daa.eval.report.text.Words;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// How the study was made and measured, and how to repeat it.
final class MethodSection {
    private final StudyData data;

    MethodSection(StudyData data) {
        this.data = data;
    }

    void write(Html html) {
        StudyFacts facts = data.facts();
        html.raw("<section id=\"method\">");
        html.element("h2", "How it was measured, and how to repeat it");
        html.raw("<pre><code>" + Html.escape(facts.command()) + "</code></pre>");
        html.raw("<dl class=\"settings\">");
        entry(html, "World", facts.world());
        entry(html, "Preset", facts.preset());
        facts.settings().forEach((name, value) -> entry(html, name, value));
        entry(html, "Machine", facts.machine());
        entry(html, "Version", facts.version() + (facts.revision().isEmpty() ? "" : ", revision " + facts.revision()));
        entry(html, "Wall time", Words.duration(facts.wallSeconds()));
        entry(
                html,
                "Finished",
                facts.missing() == 0
                        ? facts.finished()
                        : "not yet: " + Words.count(facts.missing(), "cell") + " missing at " + facts.finished());
        html.raw("</dl>");
        html.raw("<dl class=\"terms\">");
        for (Map.Entry<String, String> term : terms()) {
            html.element("dt", term.getKey());
            html.element("dd", term.getValue());
        }
        html.raw("</dl>");
        html.raw("<p class=\"downloads\">All numbers: <a href=\"points.csv\">points.csv</a>, "
                + "<a href=\"fits.json\">fits.json</a>, and one CSV, SVG and PNG per figure in "
                + "<a href=\"figures/\">figures/</a>.</p></section>");
    }

    /// Mean and standard deviation on the SFT policies' samples.
    private String goldScales() {
        String exact = data.golds().stream()
                .map(row -> row.size() + " seed " + row.seed() + ": " + Words.fixed(row.exactMean(), 3) + " and "
                        + Words.fixed(row.exactDeviation(), 3))
                .collect(Collectors.joining("; "));
        String model = data.golds().stream()
                .filter(GoldRow::isModel)
                .map(row -> row.size() + " seed " + row.seed() + ": (score − " + Words.fixed(row.modelMean(), 3) + ")/"
                        + Words.fixed(row.modelDeviation(), 3))
                .collect(Collectors.joining("; "));
        return (model.isEmpty()
                        ? "Gold is the exact one, in its own unit."
                        : "Gold is a reward model at mean 0 and variance 1 on the SFT policy (" + model + ").")
                + " Mean and standard deviation of the exact gold on samples of the SFT policy (" + exact
                + "); dividing by the latter gives gold at unit variance.";
    }

    /// √Σse²/n over the n SFT runs of each size; seeds that share one have one error.
    private String originErrors() {
        return data.points().stream()
                .filter(Point::isStart)
                .map(point -> point.cell().size())
                .distinct()
                .map(size -> {
                    Collection<Double> errors = data.points().stream()
                            .filter(point ->
                                    point.isStart() && point.cell().size().equals(size))
                            .collect(Collectors.toMap(
                                    point -> point.cell().run(),
                                    point -> point.gold().standardError(),
                                    (first, _) -> first))
                            .values();
                    double squares =
                            errors.stream().mapToDouble(error -> error * error).sum();
                    return size + ": " + Words.fixed(Math.sqrt(squares) / errors.size(), 3);
                })
                .collect(Collectors.joining("; "));
    }

    private static void entry(Html html, String name, String value) {
        html.raw("<div>");
        html.element("dt", name);
        html.element("dd", value);
        html.raw("</div>");
    }

    private List<Map.Entry<String, String>> terms() {
        List<Map.Entry<String, String>> terms = new ArrayList<>();
        terms.add(Map.entry(
                "KL and √KL",
                "KL(π‖SFT) of the trained policy to the policy that training starts from, in nats per response: at"
                        + " every prefix of the sampled responses the exact divergence of the next-token"
                        + " distributions, summed over the response, averaged over prompts. d = √KL is the axis of the"
                        + " scaling laws."));
        terms.add(Map.entry(
                "Gold reward",
                data.frontier().isPresent()
                        ? "g = 3·tanh(S/4) − V − 0.7·O − 0.08·max(0, L − 20), with S the sentiment, V the broken"
                                + " rules, O the statements about something else and L the tokens. No training signal"
                                + " contains it except the preference labels."
                        : "The held-out reward that no training signal contains except the preference labels."));
        if (!data.golds().isEmpty()) {
            terms.add(Map.entry("Origin and unit of gold", goldScales()));
        }
        String errors = originErrors();
        if (!errors.isEmpty()) {
            terms.add(Map.entry(
                    "Origin of the laws",
                    "The mean gold reward of the SFT policy's own samples to the held-out prompts. Its standard error"
                            + " over prompts (" + errors + ") moves all points of a size together. Their ± leave it"
                            + " out, as do intervals over seeds where all seeds share one SFT policy; intervals of"
                            + " fits take it in where samples are kept."));
        }
        if (data.frontier().isPresent()) {
            terms.add(Map.entry(
                    "Exact frontier",
                    "The greatest mean gold reward at a given KL to the reference distribution, from the tilt"
                            + " p·e^{g/β}/Z over the exact distribution of g. The SFT policy only approximates that"
                            + " distribution."));
        }
        terms.add(Map.entry(
                "Win rate",
                "Share of prompts on which the gold reward prefers the policy's response; a tie counts one half."));
        terms.add(Map.entry(
                "Implicit reward",
                "β·log(π/SFT). On the policy's own samples its mean is β·KL. Its accuracy is the share of held-out"
                        + " pairs whose chosen response has the greater implicit reward."));
        terms.add(Map.entry(
                "Errors",
                "± 1 standard error over prompts; where seeds are averaged, the greater of that and the standard error"
                    + " over seeds. A mean over seeds exceeds so many standard errors where it does by both, with"
                    + " Student's t at the same level for those over seeds, and its 95 % interval is the wider one of"
                    + " the two; with two seeds that decides little. Intervals of fits are 95 %, from a bootstrap over"
                    + " runs and, where samples are kept, held-out prompts: expanded percentiles (Hesterberg 2015),"
                    + " since plain ones are too narrow for few runs; none of fewer than " + Interval.LEAST_CLUSTERS
                        + ". They take runs as independent; where a jackknife over seeds (Student's t) gives a wider"
                        + " interval, or the only one, that is taken, since runs of one seed share"
                        + " SFT model and pairs; bands in figures leave that out."));
        return terms;
    }
}
