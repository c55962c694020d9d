package dev.daa.eval.report;

import dev.daa.eval.curve.Interval;
import dev.daa.eval.record.Point;
import dev.daa.eval.record.StudyFacts;
import dev.daa.eval.report.chart.Colour;
import dev.daa.eval.report.chart.Figure;
import dev.daa.eval.report.chart.FigureDrawing;
import dev.daa.eval.report.chart.Legend;
import dev.daa.eval.report.chart.Palette;
import dev.daa.eval.report.chart.Panel;
import dev.daa.eval.report.finding.Finding;
import dev.daa.eval.report.finding.Soundness;
import dev.daa.eval.report.measure.Outcome;
import dev.daa.eval.report.measure.StudyData;
import dev.daa.eval.report.measure.StudyGroups;
import dev.daa.eval.report.measure.Trajectory;
import dev.daa.eval.report.part.AnalysisSection;
import dev.daa.eval.report.text.Html;
import dev.daa.eval.report.text.Words;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/// The page: one HTML file without scripts and without anything from elsewhere. Figures are inline SVG whose colours
/// are custom properties, set for light and dark; their numbers travel along as CSV.
final class Page {
    /// Objectives that a tile names; figures name more.
    private static final int MOST_NAMES = 6;

    private final StudyData data;
    private final List<AnalysisSection> analyses;
    private final List<Figure> figures;
    private final List<Finding> findings;
    private final boolean images;
    private final TimeTable time;
    private final Html html = new Html();

    private Page(
            StudyData data,
            List<AnalysisSection> analyses,
            List<Figure> figures,
            List<Finding> findings,
            boolean images) {
        this.data = data;
        this.analyses = analyses.stream().filter(section -> !section.isEmpty()).toList();
        this.figures = figures;
        this.findings = findings;
        this.images = images;
        time = new TimeTable(StudyGroups.of(data.points()), data.logs());
    }

    /// @param images whether `figures/*.png` were written beside the page
    static String of(
            StudyData data,
            List<AnalysisSection> analyses,
            List<Figure> figures,
            List<Finding> findings,
            boolean images) {
        return new Page(data, analyses, figures, findings, images).write();
    }

    private String write() {
        html.raw("<!DOCTYPE html>");
        html.raw("<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\"><head><meta charset=\"utf-8\"/>");
        html.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>");
        html.raw("<meta name=\"color-scheme\" content=\"light dark\"/>");
        html.element("title", data.facts().title());
        html.raw("<style>" + style() + "</style></head><body><main>");
        header();
        inShort();
        section(
                "overoptimization",
                "Over-optimisation",
                "A direct alignment algorithm raises its own proxy, the implicit reward β·log(π/SFT). The gold reward"
                    + " was never shown to it. Over-optimisation is where the proxy goes on rising and the gold reward"
                    + " falls.",
                List.of(
                        "gold-distance",
                        "gold-distance-beta",
                        "gold-proxy",
                        "proxy-gold",
                        "win-rate-distance",
                        "gold-size"));
        fits();
        section(
                "training",
                "Over training",
                "The same checkpoints by when they were taken.",
                List.of("gold-training", "kl-training", "frontier-share"));
        runs();
        time();
        section(
                "behaviour",
                "What the policies do",
                "Where the gold reward goes when it is lost, and which of the usual gauges would have told.",
                List.of("exploitation", "log-ratios", "forward-kl", "prediction", "training-loss"));
        analyses.forEach(this::analysis);
        new ResponsesSection(data).write(html);
        findingsInFull();
        checks();
        new MethodSection(data).write(html);
        html.raw("</main></body></html>");
        return html.toString();
    }

    private static String style() {
        StringBuilder light = new StringBuilder();
        StringBuilder dark = new StringBuilder();
        for (Colour colour : Palette.all()) {
            light.append("--")
                    .append(colour.name())
                    .append(':')
                    .append(colour.light())
                    .append(';');
            dark.append("--")
                    .append(colour.name())
                    .append(':')
                    .append(colour.dark())
                    .append(';');
        }
        try (InputStream sheet = Page.class.getResourceAsStream("report.css")) {
            if (sheet == null) {
                throw new IllegalStateException("report.css is missing from the class path");
            }
            return ":root{" + light + "}\n@media (prefers-color-scheme: dark){:root{" + dark + "}}\n"
                    + new String(sheet.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private void header() {
        StudyFacts facts = data.facts();
        StudyGroups study = StudyGroups.of(data.points());
        html.raw("<header>");
        html.element("p class=\"kicker\"", "daa study · " + facts.preset() + " · world " + facts.world());
        html.element("h1", facts.title());
        if (facts.missing() > 0) {
            html.element(
                    "p class=\"unfinished\"",
                    "Not finished: " + Words.count(facts.missing(), "cell") + " of the study "
                            + (facts.missing() == 1 ? "is" : "are")
                            + " missing. Everything below is from what was there at " + facts.finished() + ".");
        }
        html.element("p class=\"lead\"", Lead.of(data, findings));
        long runs = study.trajectories().stream().mapToLong(Trajectory::seeds).sum();
        long checkpoints =
                data.points().stream().filter(point -> !point.isStart()).count();
        html.raw("<dl class=\"tiles\">");
        List<String> names = study.objectives().stream().map(Words::objective).toList();
        if (names.size() <= MOST_NAMES) {
            tile("Objectives", Words.list(names));
        } else {
            tile("Objectives and methods", Integer.toString(names.size()));
        }
        tile("Runs", runs + (facts.missing() == 0 ? "" : ", " + facts.missing() + " missing"));
        tile("Checkpoints evaluated", Long.toString(checkpoints));
        tile("Seeds", Integer.toString(seeds()));
        tile(
                "Prompts per checkpoint",
                range(point -> point.evaluation().responses().prompts()));
        tile("Wall time", Words.duration(facts.wallSeconds()));
        html.raw("</dl></header>");
        html.raw("<nav aria-label=\"Sections\">" + String.join(" ", links()) + "</nav>");
    }

    /// Links to the sections that this report has.
    private List<String> links() {
        List<String> links = new ArrayList<>();
        links.add("<a href=\"#overoptimization\">Over-optimisation</a>");
        if (!data.fits().isEmpty()) {
            links.add("<a href=\"#fits\">Fitted laws</a>");
        }
        links.add("<a href=\"#training\">Over training</a>");
        links.add("<a href=\"#runs\">Every " + StudyGroups.of(data.points()).betaName() + "</a>");
        if (!time.isEmpty()) {
            links.add("<a href=\"#time\">Time</a>");
        }
        links.add("<a href=\"#behaviour\">What the policies do</a>");
        for (AnalysisSection section : analyses) {
            links.add("<a href=\"#part-" + section.part().key() + "\">" + Html.escape(section.title()) + "</a>");
        }
        if (!data.examples().isEmpty()) {
            links.add("<a href=\"#responses\">Responses</a>");
        }
        links.add("<a href=\"#findings\">Findings in full</a>");
        links.add("<a href=\"#checks\">Checks</a>");
        links.add("<a href=\"#method\">Method</a>");
        return links;
    }

    private int seeds() {
        return StudyGroups.of(data.points()).trajectories().stream()
                .mapToInt(Trajectory::seeds)
                .max()
                .orElse(0);
    }

    private void tile(String name, String value) {
        html.raw("<div>");
        html.element("dt", name);
        html.element("dd", value);
        html.raw("</div>");
    }

    private String range(Function<Point, Integer> count) {
        List<Integer> counts =
                data.points().stream().map(count).filter(n -> n > 0).sorted().toList();
        if (counts.isEmpty()) {
            return "not recorded";
        }
        return counts.getFirst().equals(counts.getLast())
                ? counts.getFirst().toString()
                : counts.getFirst() + "–" + counts.getLast();
    }

    private void inShort() {
        html.raw("<section id=\"in-short\">");
        html.element("h2", "In short");
        html.element(
                "p",
                "What the literature reports, and whether it happened here. Each verdict follows from a rule that was"
                        + " fixed beforehand; rules, numbers and errors are in the findings below.");
        html.raw("<ul class=\"verdicts\">");
        for (Finding finding : findings) {
            html.raw("<li>" + chip(finding) + "<div><p class=\"claim\"><a href=\"#finding-" + finding.id() + "\">"
                    + Html.escape(finding.claim()) + "</a></p>");
            html.element("p class=\"summary\"", finding.summary());
            html.raw("</div></li>");
        }
        html.raw("</ul></section>");
    }

    private static String chip(Finding finding) {
        return "<span class=\"chip "
                + finding.verdict().name().toLowerCase(Locale.ROOT).replace('_', '-') + "\">"
                + finding.verdict().words() + "</span>";
    }

    private void section(String id, String title, String introduction, List<String> figureIds) {
        List<Figure> members = figureIds.stream()
                .flatMap(name -> figures.stream().filter(figure -> figure.id().equals(name)))
                .toList();
        if (members.isEmpty()) {
            return;
        }
        html.raw("<section id=\"" + id + "\">");
        html.element("h2", title);
        html.element("p", introduction);
        members.forEach(this::figure);
        html.raw("</section>");
    }

    private void analysis(AnalysisSection section) {
        html.raw("<section id=\"part-" + section.part().key() + "\">");
        html.element("h2", section.title());
        html.element("p", section.introduction());
        section.figures().forEach(this::figure);
        section.table().ifPresent(table -> html.table(table.label(), table.head(), table.rows()));
        html.raw("</section>");
    }

    private void figure(Figure figure) {
        html.raw("<figure id=\"" + figure.id() + "\">");
        html.element("h3", figure.title());
        html.raw("<ul class=\"legend\">");
        for (Legend.Entry entry : figure.legend().entries()) {
            html.raw("<li>" + FigureDrawing.glyph(entry) + Html.escape(entry.text()) + "</li>");
        }
        html.raw("</ul>");
        boolean first = true;
        for (Figure.Group group : figure.groups()) {
            if (first) {
                if (!group.title().isEmpty()) {
                    html.element("h4", group.title());
                }
                panels(group.panels());
            } else {
                html.raw("<details>");
                html.element("summary", group.title());
                panels(group.panels());
                html.raw("</details>");
            }
            first = false;
        }
        html.raw("<figcaption><b>Figure " + (figures.indexOf(figure) + 1) + ".</b> " + Html.escape(figure.fullCaption())
                + "<span class=\"files\">" + files(figure) + "</span></figcaption></figure>");
    }

    private String files(Figure figure) {
        String csv = "<a download=\"" + figure.id() + ".csv\" href=\"data:text/csv;base64,"
                + Base64.getEncoder().encodeToString(figure.csv().getBytes(StandardCharsets.UTF_8)) + "\">CSV</a>";
        String svg = " <a href=\"figures/" + figure.id() + ".svg\">SVG</a>";
        return csv + svg + (images ? " <a href=\"figures/" + figure.id() + ".png\">PNG</a>" : "");
    }

    /// Panels side by side; one or two wide ones also in a narrow form, of which a style sheet shows one.
    private void panels(List<Panel> panels) {
        FigureDrawing.Size wide = FigureDrawing.Size.of(panels.size());
        boolean both = wide != FigureDrawing.Size.SMALL;
        html.raw("<div class=\"panels columns-" + Math.min(3, panels.size()) + (both ? " wide" : "") + "\">");
        panels.forEach(panel -> html.raw(FigureDrawing.panel(panel, wide, true)));
        html.raw("</div>");
        if (both) {
            html.raw("<div class=\"panels narrow\">");
            panels.forEach(panel -> html.raw(FigureDrawing.panel(panel, FigureDrawing.Size.SMALL, false)));
            html.raw("</div>");
        }
    }

    private void fits() {
        if (data.fits().isEmpty()) {
            return;
        }
        html.raw("<section id=\"fits\">");
        html.element("h2", "Fitted laws");
        html.element(
                "p",
                "R is the reward minus that of the SFT policy, d = √KL. Each law is fitted by least squares to all"
                    + " checkpoints of an objective, over all β and seeds; intervals are 95 % from a bootstrap that"
                    + " draws whole runs and each seed's held-out prompts, expanded for the number of runs; of fewer"
                    + " than " + Interval.LEAST_CLUSTERS
                        + " runs of one seed there is none (–). Runs of one seed share SFT model and pairs: where"
                        + " Student's t over seeds (jackknife) is wider, or alone, it is taken. Left-out RMSE predicts"
                        + " each run from the others; RMSE beyond fits the nearer 60 % of the distances and predicts"
                        + " the rest. The smallest error of an objective is set in bold.");
        FitsTable.write(html, data.fits());
        html.raw("</section>");
    }

    private void runs() {
        html.raw("<section id=\"runs\">");
        StudyGroups study = StudyGroups.of(data.points());
        html.element("h2", "Every " + study.betaName());
        html.element(
                "p",
                "The best checkpoint of each and what was left at the end of training; means over seeds, ± 1 standard"
                        + " error. That of the share of what is attainable and of the accuracy is the spread over seeds"
                        + " alone, and unknown with one. The best is picked among several noisy ones, so it flatters a"
                        + " little.");
        RunsTable.write(html, study);
        html.raw("</section>");
    }

    private void time() {
        if (time.isEmpty()) {
            return;
        }
        html.raw("<section id=\"time\">");
        html.element("h2", "Where the time goes");
        html.element(
                "p",
                "Seconds of the training steps, or of sampling and choosing for best of n; evaluation is not among"
                        + " them. Scoring is what the reference and the reward model say of the responses. Runs that"
                        + " share the cores with others take longer; the shares are hardly touched by it.");
        time.write(html);
        html.raw("</section>");
    }

    private void findingsInFull() {
        html.raw("<section id=\"findings\">");
        html.element("h2", "Findings in full");
        html.element(
                "p",
                "Replicated: shown in every case. Partly: shown in some. Not replicated: shown in none and"
                    + " contradicted in one or more. Unclear: the errors allow neither. A difference counts from 1.96"
                    + " standard errors, or more where several comparisons could have shown it; where the spread over"
                    + " few seeds is the greater error, from what Student's t makes of it."
                        + (seeds() > 1
                                ? ""
                                : " With one seed the errors are those over prompts alone: the verdicts speak about"
                                        + " these runs and would need more seeds to speak about the algorithms."));
        for (Finding finding : findings) {
            html.raw("<article id=\"finding-" + finding.id() + "\">" + chip(finding));
            html.element("h3", finding.claim());
            html.element("p class=\"source\"", finding.source());
            html.element("p", finding.summary());
            if (!finding.cases().isEmpty()) {
                cases(finding.claim(), finding.cases(), Outcome::word);
            }
            if (!finding.remark().isEmpty() && !finding.cases().isEmpty()) {
                html.element("p", finding.remark());
            }
            html.raw("<p class=\"rule\"><b>Rule.</b> " + Html.escape(finding.rule()) + "</p></article>");
        }
        html.raw("</section>");
    }

    private void cases(String label, List<Finding.Case> cases, Function<Outcome, String> word) {
        html.raw("<table class=\"cases\" aria-label=\"" + Html.escape(label) + "\"><tbody>");
        for (Finding.Case member : cases) {
            html.raw("<tr><th scope=\"row\">" + Html.escape(member.label()) + "</th><td class=\"outcome "
                    + member.outcome().name().toLowerCase(Locale.ROOT) + "\">" + word.apply(member.outcome())
                    + "</td><td>" + Html.escape(member.numbers()) + "</td></tr>");
        }
        html.raw("</tbody></table>");
    }

    private void checks() {
        html.raw("<section id=\"checks\">");
        html.element("h2", "Can the numbers be true?");
        html.element("p", "What no policy can do, and what two ways of measuring must agree on.");
        Map<Outcome, String> words = Map.of(
                Outcome.SHOWN, "passed",
                Outcome.CONTRADICTED, "failed",
                Outcome.UNDECIDED, "undecided");
        cases("Checks", Soundness.of(data.points(), data.frontier()), outcome -> words.getOrDefault(outcome, ""));
        html.raw("</section>");
    }
}
