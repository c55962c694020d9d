package dev.daa.eval.report.finding;

import dev.daa.eval.report.measure.StudyGroups;

/// Why a claim is not tested: the first condition that the study does not meet, of those that the claim takes. Pure.
public final class Conditions {
    private final String unmet;

    private Conditions(String unmet) {
        this.unmet = unmet;
    }

    public static Conditions of(boolean met, String otherwise) {
        return new Conditions("").and(met, otherwise);
    }

    /// That the study has a direct alignment algorithm.
    ///
    /// @param study its direct alignment algorithms
    public static Conditions direct(StudyGroups study) {
        return of(!study.objectives().isEmpty(), "The study has no direct alignment algorithm.");
    }

    /// That it has them at several sizes.
    ///
    /// @param study its direct alignment algorithms
    public static Conditions sizes(StudyGroups study) {
        return direct(study).and(study.hasSizes(), "The study has a single model size.");
    }

    /// @param otherwise what a study lacks that does not meet the condition, in one sentence
    public Conditions and(boolean met, String otherwise) {
        return unmet.isEmpty() && !met ? new Conditions(otherwise) : this;
    }

    /// The reason.
    ///
    /// @param last what is lacking where all conditions so far are met
    public String orElse(String last) {
        return unmet.isEmpty() ? last : unmet;
    }
}
