package dev.daa.eval.report.part;

import dev.daa.eval.analysis.Part;
import dev.daa.eval.report.finding.Conditions;
import dev.daa.eval.report.finding.Finding;
import dev.daa.eval.report.finding.Finding.Case;
import dev.daa.eval.report.finding.Findings;
import dev.daa.eval.report.measure.FittedLaw;
import dev.daa.eval.report.measure.LeftOutPeaks;
import dev.daa.eval.report.measure.Outcome;
import dev.daa.eval.report.measure.Recommendation;
import dev.daa.eval.report.measure.Recommender;
import dev.daa.eval.report.measure.SampledRewards;
import dev.daa.eval.report.measure.StudyData;
import dev.daa.eval.report.measure.StudyGroups;
import dev.daa.eval.report.text.Html.Cell;
import dev.daa.eval.report.text.Words;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Which β to train with and where to stop, and whether stopping early gains over choosing β and training to the end.
public final class RecommendationPart {
    private RecommendationPart() {}

    static AnalysisSection of(StudyData data, SampledRewards.Source samples, int replicas) throws IOException {
        StudyGroups study = StudyGroups.of(data.points()).direct();
        List<List<Cell>> rows = new ArrayList<>();
        List<Case> cases = new ArrayList<>();
        for (String size : study.sizes()) {
            Recommender recommender = new Recommender(study, size, samples, replicas);
            for (Recommendation one : recommender.recommendations()) {
                rows.add(row(study, one));
                recommender
                        .stopping(one.objective())
                        .ifPresent(stopping ->
                                cases.add(stoppingCase(study.label(one.objective(), size), one.seeds(), stopping)));
            }
        }
        Finding inside = new Finding(
                "inside",
                "The best policy lies inside a run: stopping a run early gains over training another β to its end.",
                Findings.RAFAILOV + ", finding 2; which of the two is better is not reported there",
                "For each objective, gold reward of the best checkpoint before the end of its run minus that of the"
                    + " best end of a run. Both are picked by all seeds but one and measured on that one, each in"
                    + " turn: yes, if the 95 % interval of the difference, Student's t over seeds, lies above 0; no,"
                    + " if below. It takes three seeds; with fewer the numbers are of picks on drawn prompts, measured"
                    + " on the others.",
                cases,
                cases.isEmpty()
                        ? Conditions.direct(study)
                                .and(!rows.isEmpty(), "No checkpoint has its samples kept in every seed.")
                                .orElse("No objective was measured both inside a run and at its end.")
                        : "");
        return new AnalysisSection(
                Part.RECOMMENDATION,
                "What to train with, and where to stop",
                "For each objective the β and the checkpoint with the highest mean gold reward over seeds, the best of"
                    + " all in bold. A pick flatters itself, so “gold” is measured otherwise: picked by all seeds but"
                    + " one and measured on that one, each in turn, with Student's interval over seeds (with fewer"
                    + " than three seeds: picked on drawn prompts, measured on the others). Ranges of β and stopping"
                    + " point hold 95 % of the picks on drawn seeds and prompts: a wide one says that the choice"
                    + " hardly matters or that the data cannot tell.",
                List.of(),
                rows.isEmpty()
                        ? Optional.empty()
                        : Optional.of(new AnalysisSection.Table("Recommended β and stopping point", head(), rows)),
                List.of(inside));
    }

    /// The recommendations behind the table.
    public static List<Recommendation> recommendations(StudyData data, SampledRewards.Source samples, int replicas)
            throws IOException {
        StudyGroups study = StudyGroups.of(data.points()).direct();
        List<Recommendation> all = new ArrayList<>();
        for (String size : study.sizes()) {
            all.addAll(new Recommender(study, size, samples, replicas).recommendations());
        }
        return all;
    }

    private static List<Cell> head() {
        return List.of(
                Cell.text("Objective"),
                Cell.number("β"),
                Cell.number("stop after"),
                Cell.number("steps"),
                Cell.number("KL there, nats"),
                Cell.number("gold"),
                Cell.number("same pick"));
    }

    private static List<Cell> row(StudyGroups study, Recommendation one) {
        return List.of(
                Cell.text(study.label(one.objective(), one.size())),
                Cell.number(Words.number(one.beta()))
                        .withDetail(Words.number(one.betaRange().low()) + " to "
                                + Words.number(one.betaRange().high())),
                Cell.number(Words.percent(one.fraction()))
                        .withDetail(Words.percent(one.fractionRange().low()) + " to "
                                + Words.percent(one.fractionRange().high())),
                Cell.number(Long.toString(Math.round(one.step()))),
                Cell.number(Words.fixed(one.kl(), 2)),
                Cell.number(Words.fixed(one.worth().value(), 2))
                        .withDetail(Words.fixed(one.worth().low(), 2) + " to "
                                + Words.fixed(one.worth().high(), 2))
                        .best(one.overall()),
                Cell.number(Words.percent(one.agreement())));
    }

    private static Case stoppingCase(String label, int seeds, Recommender.Stopping stopping) {
        FittedLaw.Range difference = stopping.difference();
        return new Case(
                label,
                seeds < LeftOutPeaks.SEEDS
                        ? Outcome.UNDECIDED
                        : difference.low() > 0
                                ? Outcome.SHOWN
                                : difference.high() < 0 ? Outcome.CONTRADICTED : Outcome.UNDECIDED,
                "best inside a run " + stopping.insideWords() + ", best end " + stopping.endWords()
                        + ", difference " + Words.signed(difference.value(), 2) + " (95 % interval "
                        + Words.signed(difference.low(), 2) + " to " + Words.signed(difference.high(), 2) + ")");
    }
}
