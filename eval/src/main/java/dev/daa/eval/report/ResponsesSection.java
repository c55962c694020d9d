package dev.daa.eval.report;

import dev.daa.eval.record.Method;
import dev.daa.eval.record.Point;
import dev.daa.eval.record.ResponseSample;
import dev.daa.eval.report.measure.StudyData;
import dev.daa.eval.report.text.Html;
import dev.daa.eval.report.text.Words;
import dev.daa.eval.world.Lexicon;
import dev.daa.eval.world.ReviewGold;
import dev.daa.eval.world.ReviewsWorld;
import java.util.Arrays;
import java.util.Optional;

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

    private void write(Html html, StudyData.Examples examples) {
        Point point = examples.point();
        Point.Cell cell = point.cell();
        html.raw(point.isStart() ? "<article class=\"start\">" : "<article>");
        html.element("h3", examples.what());
        String setting = point.isStart()
                ? "size " + cell.size()
                : (Double.isNaN(cell.beta()) ? "" : Words.beta(cell.method(), cell.beta()) + ", ") + "size "
                        + cell.size() + ", seed "
                        + cell.seed() + ", "
                        + (cell.method() == Method.BEST_OF_N
                                ? "n = " + point.step()
                                : Words.percent(point.fraction()) + " of training");
        String violations = Double.isNaN(point.evaluation().responses().violations())
                ? ""
                : ", " + Words.fixed(point.evaluation().responses().violations(), 2) + " violations a response";
        html.element(
                "p class=\"source\"",
                setting + " · mean gold " + Words.fixed(point.gold().mean(), 2) + ", KL "
                        + Words.fixed(point.kl().mean(), 1) + violations);
        html.raw("<div class=\"samples\">");
        // Reinforcement and best of n optimise a reward model's score, not β·log(π/SFT).
        boolean implicit = cell.method() != Method.REINFORCEMENT && cell.method() != Method.BEST_OF_N;
        examples.samples().forEach(sample -> write(html, sample, implicit));
        html.raw("</div></article>");
    }

    private void write(Html html, ResponseSample sample, boolean implicit) {
        html.raw("<blockquote><p><span class=\"prompt\">" + Html.escape(sample.prompt()) + "</span> "
                + (sample.response().isBlank() ? "<i>(empty)</i>" : Html.escape(sample.response())) + "</p>");
        String violations = violations(sample)
                .map(count -> " · " + Words.count(count, "violation"))
                .orElse("");
        html.element(
                "p class=\"score\"",
                "gold " + Words.signed(sample.gold(), 2) + violations + " · KL " + Words.fixed(sample.kl(), 1)
                        + (implicit ? " · implicit " + Words.signed(sample.implicitReward(), 2) : "") + " · "
                        + Words.count(sample.length(), "token"));
        html.raw("</blockquote>");
    }

    /// Broken rules of a response to a prompt of the `reviews` world; nothing where the text is not of that world
    /// or does not score what was recorded.
    private Optional<Integer> violations(ResponseSample sample) {
        if (data.frontier().isEmpty()) {
            return Optional.empty();
        }
        try {
            int[] words = Lexicon.encode(sample.response());
            // The text leaves out the end token, which the length counts.
            int[] response = sample.length() > words.length ? Arrays.copyOf(words, words.length + 1) : words;
            ReviewGold gold = ReviewsWorld.goldReward(ReviewsWorld.itemOf(Lexicon.encode(sample.prompt())), response);
            return Math.abs(gold.reward() - sample.gold()) < 1e-3 ? Optional.of(gold.violations()) : Optional.empty();
        } catch (IllegalArgumentException otherText) {
            return Optional.empty();
        }
    }
}
