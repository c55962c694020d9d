package dev.daa.eval.report;

import java.util.List;

/// Example responses at the lowest KL, the best gold reward and the highest KL of each objective.
final class ResponsesSection {
    private final StudyData data;

    ResponsesSection(StudyData data) {
        this.data = data;
    }

    void write(Html html) {
        if (data.examples().isEmpty()) {
            return;
        }
        html.raw("<section id=\"responses\">");
        html.element("h2", "Responses");
        html.element(
                "p",
                "The first responses that were saved at telling checkpoints; nobody chose them. Gold reward, KL and"
                        + " implicit reward are those of the single response.");
        html.raw("<div class=\"examples\">");
        data.examples().forEach(examples -> write(html, examples));
        html.raw("</div></section>");
    }

    private static void write(Html html, StudyData.Examples examples) {
        Point point = examples.point();
        Point.Cell cell = point.cell();
        html.raw("<article>");
        html.element("h3", examples.what());
        String setting = point.isStart()
                ? "size " + cell.size()
                : (Double.isNaN(cell.beta()) ? "" : "β " + Words.number(cell.beta()) + ", ") + "size " + cell.size()
                        + ", seed " + cell.seed() + ", " + Words.percent(point.fraction()) + " of training";
        String violations = Double.isNaN(point.evaluation().violations())
                ? ""
                : ", " + Words.fixed(point.evaluation().violations(), 2) + " violations a response";
        html.element(
                "p class=\"source\"",
                setting + " · mean gold " + Words.fixed(point.gold().mean(), 2) + ", KL "
                        + Words.fixed(point.kl().mean(), 1) + violations);
        samples(html, examples.samples());
        html.raw("</article>");
    }

    private static void samples(Html html, List<ResponseSample> samples) {
        for (ResponseSample sample : samples) {
            html.raw("<blockquote><p><span class=\"prompt\">" + Html.escape(sample.prompt()) + "</span> "
                    + (sample.response().isBlank() ? "<i>(empty)</i>" : Html.escape(sample.response())) + "</p>");
            html.element(
                    "p class=\"score\"",
                    "gold " + Words.signed(sample.gold(), 2) + " · KL " + Words.fixed(sample.kl(), 1) + " · implicit "
                            + Words.signed(sample.implicitReward(), 2) + " · "
                            + Words.count(sample.length(), "token"));
            html.raw("</blockquote>");
        }
    }
}
