package dev.daa.train.run;

import dev.daa.compute.InputException;
import dev.daa.model.checkpoint.DurableFile;
import dev.daa.model.checkpoint.WriteFailure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// The `checkpoints/` of a run: folders `step-N` that count only once they are whole.
///
/// A checkpoint is written to `.step-N.partial`, forced to the disk, given the marker `complete.json` with the size of
/// every file, and renamed. One of the same step lies at `.step-N.replaced` meanwhile, where it counts until the new
/// one has its name. A folder without a marker, or with a file that is missing or shorter than the marker says, is what
/// a kill or a full disk left: it is ignored, and replaced when its step comes again.
public final class Checkpoints {
    static final String MARKER = "complete.json";

    private static final JsonMapper JSON = JsonMapper.shared();
    private static final Pattern NAME = Pattern.compile("\\.step-(\\d+)\\.replaced|step-(\\d+)");

    private final Path folder;

    /// The checkpoints of the run in `runFolder`, which need not exist yet.
    public Checkpoints(Path runFolder) {
        this.folder = runFolder.resolve("checkpoints");
    }

    /// Whole checkpoints, by step.
    public List<Checkpoint> list() {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        SortedMap<Long, Checkpoint> whole = new TreeMap<>();
        try (Stream<Path> entries = Files.list(folder)) {
            // In this order `.step-N.replaced` gives way to `step-N`.
            for (Path entry : entries.sorted().toList()) {
                Matcher name = NAME.matcher(entry.getFileName().toString());
                if (name.matches() && isWhole(entry)) {
                    long step = Long.parseLong(Objects.requireNonNullElse(name.group(1), name.group(2)));
                    whole.put(step, new Checkpoint(step, entry));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return List.copyOf(whole.values());
    }

    /// The whole checkpoint with the highest step, where a resumed run goes on.
    public Optional<Checkpoint> latest() {
        List<Checkpoint> whole = list();
        return whole.isEmpty() ? Optional.empty() : Optional.of(whole.getLast());
    }

    /// Makes the folder, before anything that stands beside its checkpoints is written.
    ///
    /// @throws InputException when it cannot be made
    public void begin() {
        DurableFile.createFolder(folder);
    }

    /// Whether the run was saved at this step, which is its last. Where somebody deleted the whole folder, it was:
    /// a run that began has one.
    public boolean reached(long step) {
        return Files.notExists(folder)
                || latest().map(Checkpoint::step).filter(last -> last == step).isPresent();
    }

    private Path named(long step) {
        return folder.resolve("step-" + step);
    }

    private Path replaced(long step) {
        return folder.resolve(".step-" + step + ".replaced");
    }

    /// Saves a checkpoint; one of the same step is replaced.
    ///
    /// @throws InputException when the disk is full; nothing of the checkpoint is left then
    public Checkpoint save(long step, Checkpoint.Writer writer) {
        Path target = named(step);
        Path aside = folder.resolve(".step-" + step + ".partial");
        Path replaced = replaced(step);
        try {
            DurableFolder.deleteTree(aside);
            Files.createDirectories(aside);
            try {
                writer.write(aside);
                DurableFolder.forceTree(aside);
                DurableFile.write(aside.resolve(MARKER), marker(step, aside));
                if (isWhole(target)) {
                    DurableFolder.deleteTree(replaced);
                    Files.move(target, replaced, StandardCopyOption.ATOMIC_MOVE);
                } else {
                    DurableFolder.deleteTree(target);
                }
                Files.move(aside, target, StandardCopyOption.ATOMIC_MOVE);
                DurableFile.syncFolder(folder);
                DurableFolder.deleteTree(replaced);
            } catch (IOException | RuntimeException e) {
                DurableFolder.deleteTree(aside);
                throw e;
            }
        } catch (UncheckedIOException e) {
            throw WriteFailure.of(target, Objects.requireNonNull(e.getCause()));
        } catch (InputException e) {
            // A file in the folder aside, which is gone: the checkpoint is what could not be written.
            throw e.getCause() instanceof IOException cause ? WriteFailure.of(target, cause) : e;
        } catch (IOException e) {
            throw WriteFailure.of(target, e);
        }
        return new Checkpoint(step, target);
    }

    /// Deletes the checkpoints before `step`.
    public void deleteBefore(long step) {
        for (Checkpoint checkpoint : list()) {
            if (checkpoint.step() < step) {
                try {
                    DurableFolder.deleteTree(replaced(checkpoint.step()));
                    DurableFolder.deleteTree(named(checkpoint.step()));
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        }
    }

    private static String marker(long step, Path folder) throws IOException {
        ObjectNode marker = JSON.createObjectNode();
        marker.put("step", step);
        ObjectNode sizes = marker.putObject("files");
        try (Stream<Path> tree = Files.walk(folder)) {
            for (Path file : tree.filter(Files::isRegularFile).sorted().toList()) {
                sizes.put(folder.relativize(file).toString().replace('\\', '/'), Files.size(file));
            }
        }
        return marker + "\n";
    }

    private static boolean isWhole(Path checkpoint) throws IOException {
        Path marker = checkpoint.resolve(MARKER);
        if (!Files.isRegularFile(marker)) {
            return false;
        }
        JsonNode sizes;
        try {
            sizes = JSON.readTree(Files.readString(marker)).path("files");
        } catch (JacksonException e) {
            return false;
        }
        if (!sizes.isObject()) {
            return false;
        }
        for (Map.Entry<String, JsonNode> size : sizes.properties()) {
            Path file = checkpoint.resolve(size.getKey());
            if (!Files.isRegularFile(file)
                    || Files.size(file) != size.getValue().asLong()) {
                return false;
            }
        }
        return true;
    }
}
