package dev.daa.eval.record;

import java.nio.file.Path;

/// Where a study keeps what: the folder of every run in `runs`, and in `report` what is gathered from them.
public final class StudyFiles {
    private StudyFiles() {}

    /// The folder of a run.
    public static Path run(Path study, String name) {
        return runs(study).resolve(name);
    }

    /// The folders of its runs.
    public static Path runs(Path study) {
        return study.resolve("runs");
    }

    /// The folder of the page and of the tables that it is made from.
    public static Path report(Path study) {
        return study.resolve("report");
    }

    /// The points of all finished cells.
    public static Path points(Path study) {
        return report(study).resolve("points.csv");
    }

    /// The metrics of a run, a line per step.
    public static Path metrics(Path run) {
        return run.resolve("metrics.jsonl");
    }
}
