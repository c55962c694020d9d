package dev.daa.eval.study;

import dev.daa.compute.InputException;
import dev.daa.eval.record.StudyFiles;
import dev.daa.model.checkpoint.DurableFile;
import dev.daa.train.config.Configs;
import dev.daa.train.run.RunFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/// The two kinds of study. Their folders look alike: each keeps its config in `study.yaml`, every key in it.
public enum StudyKind {
    REVIEWS("a study of the reviews world", "study"),
    TEXT("a study on text", "text-study");

    private static final String CONFIG = "study.yaml";

    /// A key that every study on text has, and no other.
    private static final String KEY_OF_TEXT = "demonstrations";

    private final String inWords;
    private final String command;

    StudyKind(String inWords, String command) {
        this.inWords = inWords;
        this.command = command;
    }

    /// The command line that repeats a study from the config that its folder keeps.
    public String command() {
        return "./daa " + command + " --config " + CONFIG + " --out DIR";
    }

    /// The config that a study's folder keeps, if it is there.
    ///
    /// @throws InputException when the folder belongs to a study of the other kind
    public Optional<Path> config(Path folder) {
        require(folder);
        return Optional.of(folder.resolve(CONFIG)).filter(Files::exists);
    }

    /// Refuses a folder that belongs to a study of the other kind.
    public void require(Path folder) {
        in(folder).filter(found -> found != this).ifPresent(found -> {
            throw new InputException(folder + ": found " + found.inWords + ", expected " + inWords
                    + " or a new folder; go on with it by daa " + found.command + ", or choose another --out");
        });
    }

    /// Keeps the config in the study's folder. Its paths are absolute there, since what they were relative to is
    /// forgotten.
    public static void keep(Path folder, Record config) {
        DurableFile.write(folder.resolve(CONFIG), Configs.toYaml(Configs.withAbsolutePaths(config)));
    }

    /// Refuses a grid that lacks finished runs, whose points would be lost.
    ///
    /// @param finished runs in the folder
    /// @param grid runs of the config
    public static void requireAll(Path folder, List<String> finished, Collection<String> grid) {
        List<String> others =
                finished.stream().filter(name -> !grid.contains(name)).toList();
        if (!others.isEmpty()) {
            throw new InputException(folder + ": holds " + others.size() + " finished runs that this config lacks ("
                    + String.join(", ", others.subList(0, Math.min(3, others.size())))
                    + (others.size() > 3 ? ", …" : "")
                    + "); choose another --out, or put them back into the config");
        }
    }

    /// The kind of study that a folder holds, if any.
    public static Optional<StudyKind> in(Path folder) {
        Path config = folder.resolve(CONFIG);
        if (Files.exists(config)) {
            return Optional.of(Configs.keys(config).contains(KEY_OF_TEXT) ? TEXT : REVIEWS);
        }
        if (Files.exists(folder.resolve(StudyFolder.LEDGER))) {
            return Optional.of(REVIEWS);
        }
        return RunFolder.isIn(StudyFiles.run(folder, "sft")) ? Optional.of(TEXT) : Optional.empty();
    }
}
