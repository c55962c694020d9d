package dev.daa.eval.report.finding;

import dev.daa.eval.report.measure.Outcome;
import dev.daa.eval.report.text.Words;
import java.util.List;

/// A claim about over-optimisation, the rule that decides it, and what this study's numbers say.
///
/// @param id anchor in the page
/// @param claim what the literature reports, in one sentence
/// @param source where it is reported
/// @param rule how each case is decided, in plain words
/// @param cases one per objective, size or other group that the claim speaks about
/// @param remark what a reader should bear in mind; empty for nothing
public record Finding(String id, String claim, String source, String rule, List<Case> cases, String remark) {
    /// Up to so many cases are named in a summary, more are counted.
    private static final int NAMED = 4;

    /// @param label which objective, size, …
    /// @param numbers the measured values with their errors, seeds and prompts
    public record Case(String label, Outcome outcome, String numbers) {}

    /// What the cases say together.
    public enum Verdict {
        REPLICATED("replicated"),
        PARTLY("partly replicated"),
        NOT_REPLICATED("not replicated"),
        UNCLEAR("unclear"),
        NOT_TESTED("not tested");

        private final String words;

        Verdict(String words) {
            this.words = words;
        }

        public String words() {
            return words;
        }
    }

    /// Replicated if shown in every case; partly if shown in some; not replicated if shown in none and contradicted
    /// in at least one; unclear if neither shown nor contradicted anywhere; not tested without a case.
    public Verdict verdict() {
        if (cases.isEmpty()) {
            return Verdict.NOT_TESTED;
        }
        long shown = count(Outcome.SHOWN);
        if (shown == cases.size()) {
            return Verdict.REPLICATED;
        }
        if (shown > 0) {
            return Verdict.PARTLY;
        }
        return count(Outcome.CONTRADICTED) > 0 ? Verdict.NOT_REPLICATED : Verdict.UNCLEAR;
    }

    /// "Seen for DPO and SLiC; for IPO the errors allow no decision."
    public String summary() {
        if (cases.isEmpty()) {
            return remark;
        }
        StringBuilder text = new StringBuilder();
        clause(text, "seen ", Outcome.SHOWN);
        clause(text, "the contrary is seen ", Outcome.CONTRADICTED);
        clause(text, "too close to call ", Outcome.UNDECIDED);
        return text.substring(0, 1).toUpperCase(java.util.Locale.ROOT) + text.substring(1) + ".";
    }

    private void clause(StringBuilder text, String words, Outcome outcome) {
        List<String> labels = cases.stream()
                .filter(member -> member.outcome() == outcome)
                .map(Case::label)
                .toList();
        if (!labels.isEmpty()) {
            String which = labels.size() <= NAMED
                    ? "for " + Words.list(labels)
                    : labels.size() == cases.size()
                            ? "in all " + cases.size() + " cases"
                            : "in " + labels.size() + " of " + cases.size() + " cases";
            text.append(text.isEmpty() ? "" : "; ").append(words).append(which);
        }
    }

    private long count(Outcome outcome) {
        return cases.stream().filter(member -> member.outcome() == outcome).count();
    }
}
