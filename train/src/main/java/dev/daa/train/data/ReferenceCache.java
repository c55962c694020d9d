package dev.daa.train.data;

import dev.daa.compute.InputException;
import dev.daa.model.checkpoint.Safetensors;
import dev.daa.model.score.Sequence;
import dev.daa.train.run.DataHash;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Reference log-probabilities on the disk, under the hash of model and data, so that every run of a grid reads
/// what the first one computed. A file is whole or absent.
///
/// @param folder where the files lie; made when the first is written
public record ReferenceCache(Path folder) {
    private static final String CHOSEN = "chosen";
    private static final String REJECTED = "rejected";

    /// The log-probabilities of `rows` under the model of that hash; computed and kept when they are not there yet.
    public ReferenceLogProbs get(String modelHash, List<? extends Feedback> rows, Supplier<ReferenceLogProbs> compute) {
        Path file = folder.resolve("reference-" + key(modelHash, rows) + ".safetensors");
        if (Files.exists(file)) {
            try (Safetensors saved = Safetensors.open(file)) {
                return new ReferenceLogProbs(
                        unpacked(saved, CHOSEN, rows, Feedback::chosen),
                        unpacked(saved, REJECTED, rows, Feedback::rejected));
            }
        }
        ReferenceLogProbs computed = compute.get();
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            String reason = e instanceof FileSystemException failure && failure.getReason() != null
                    ? " (" + failure.getReason() + ")"
                    : "";
            throw new InputException(folder + ": cannot be made" + reason + "; choose another --out or --cache", e);
        }
        Safetensors.write(file, List.of(packed(CHOSEN, computed.chosen()), packed(REJECTED, computed.rejected())));
        return computed;
    }

    private static Safetensors.Content packed(String name, float[][] rows) {
        int size = 0;
        for (float[] row : rows) {
            size += row.length;
        }
        float[] flat = new float[size];
        int position = 0;
        for (float[] row : rows) {
            System.arraycopy(row, 0, flat, position, row.length);
            position += row.length;
        }
        return new Safetensors.Content(name, List.of(size), () -> flat);
    }

    private static float[][] unpacked(
            Safetensors file, String name, List<? extends Feedback> of, Function<Feedback, int @Nullable []> response) {
        float[] flat = new float[(int) file.info(name).elements()];
        file.read(name, flat, 0);
        float[][] rows = new float[of.size()][];
        int position = 0;
        for (int i = 0; i < rows.length; i++) {
            int[] tokens = response.apply(of.get(i));
            rows[i] = new float[tokens == null ? 0 : new Sequence(of.get(i).prompt(), tokens).scoredTokens()];
            System.arraycopy(flat, position, rows[i], 0, rows[i].length);
            position += rows[i].length;
        }
        return rows;
    }

    private static String key(String modelHash, List<? extends Feedback> rows) {
        StringBuilder content = new StringBuilder(modelHash);
        for (Feedback row : rows) {
            content.append('\n')
                    .append(Arrays.toString(row.prompt()))
                    .append(Arrays.toString(row.chosen()))
                    .append(Arrays.toString(row.rejected()));
        }
        return DataHash.of(content.toString()).substring(0, 32);
    }
}
