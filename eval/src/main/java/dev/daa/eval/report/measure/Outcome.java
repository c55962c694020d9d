package dev.daa.eval.report.measure;

/// What the numbers of one case say about the claim.
public enum Outcome {
    SHOWN("yes"),
    CONTRADICTED("no"),
    UNDECIDED("undecided");

    private final String word;

    Outcome(String word) {
        this.word = word;
    }

    public String word() {
        return word;
    }
}
