package dev.daa.eval.record;

import dev.daa.eval.toy.Toys;
import dev.daa.model.checkpoint.DurableFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/// What the toys of a study showed: `report/toys.json`.
public final class ToysFile {
    private ToysFile() {}

    private static Path of(Path studyFolder) {
        return StudyFiles.report(studyFolder).resolve("toys.json");
    }

    public static boolean exists(Path studyFolder) {
        return Files.exists(of(studyFolder));
    }

    public static void write(Path studyFolder, Toys toys) throws IOException {
        Files.createDirectories(of(studyFolder).getParent());
        DurableFile.write(of(studyFolder), Json.indented(toys));
    }

    /// @return empty where the study has none
    public static Optional<Toys> read(Path studyFolder) throws IOException {
        Path file = of(studyFolder);
        return Files.exists(file)
                ? Optional.of(Json.read(file.toString(), Files.readString(file), Toys.class))
                : Optional.empty();
    }
}
