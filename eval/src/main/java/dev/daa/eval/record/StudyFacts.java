package dev.daa.eval.record;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.daa.model.checkpoint.DurableFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/// What was run, where and for how long: `study.json` in the study's folder, written by whoever runs the study, each
/// time that `report/points.csv` has grown.
///
/// @param title one line, "Reward over-optimisation of DPO, IPO and SLiC"
/// @param world `reviews`, or the name of the data; the exact frontier is drawn for `reviews` only
/// @param preset name of the preset, `own config`, or `quick with changes`
/// @param command the command line that repeats this study; `study.yaml` is the one in its folder
/// @param machine processor, cores, memory, JDK and backend in one line
/// @param version version of the program
/// @param revision git revision, and whether the program differed from it; empty where unknown
/// @param finished date and time at which the study finished, or got as far as it is, ISO 8601
/// @param wallSeconds time that the study took until then
/// @param missing cells of the study that have not ended well, or not yet
/// @param analysis parts of the analysis that the report has, by their keys
/// @param settings what else a reader needs to judge or repeat it: pairs, label noise, optimiser, …, in reading order
public record StudyFacts(
        String title,
        String world,
        String preset,
        String command,
        String machine,
        String version,
        String revision,
        String finished,
        @JsonProperty("wall_seconds") double wallSeconds,
        @JsonProperty("missing_cells") int missing,
        List<String> analysis,
        SequencedMap<String, String> settings) {
    private static final String FILE = "study.json";

    /// Facts of a folder that has no `study.json`: the page says that they were not recorded.
    public static StudyFacts unrecorded() {
        String unknown = "not recorded";
        return new StudyFacts(
                "A study of reward over-optimisation",
                unknown,
                unknown,
                unknown,
                unknown,
                unknown,
                "",
                unknown,
                Double.NaN,
                0,
                List.of(),
                new java.util.LinkedHashMap<>(Map.of()));
    }

    /// Whether a study has written them.
    @JsonIgnore
    public boolean isRecorded() {
        return !Double.isNaN(wallSeconds);
    }

    /// The facts of a call that went on from an earlier one: its time is added.
    public StudyFacts after(StudyFacts before) {
        return !before.isRecorded()
                ? this
                : ranOn(machine, version, revision, finished, wallSeconds + before.wallSeconds());
    }

    /// The facts of a call that only wrote the report again: where and when the study ran is what it was.
    public StudyFacts asRunBy(StudyFacts before) {
        return !before.isRecorded()
                ? this
                : ranOn(before.machine, before.version, before.revision, before.finished, before.wallSeconds);
    }

    /// The facts of a study whose tables were gathered again.
    public StudyFacts missing(int cells) {
        return new StudyFacts(
                title,
                world,
                preset,
                command,
                machine,
                version,
                revision,
                finished,
                wallSeconds,
                cells,
                analysis,
                settings);
    }

    private StudyFacts ranOn(
            String anyMachine, String anyVersion, String anyRevision, String anyFinish, double anySeconds) {
        return new StudyFacts(
                title,
                world,
                preset,
                command,
                anyMachine,
                anyVersion,
                anyRevision,
                anyFinish,
                anySeconds,
                missing,
                analysis,
                settings);
    }

    public void write(Path studyFolder) {
        DurableFile.write(studyFolder.resolve(FILE), Json.indented(this));
    }

    /// @return the facts, or [#unrecorded] where the folder has none
    public static StudyFacts read(Path studyFolder) throws IOException {
        Path file = studyFolder.resolve(FILE);
        return Files.exists(file) ? Json.read(file.toString(), Files.readString(file), StudyFacts.class) : unrecorded();
    }
}
