package dev.daa.eval.record;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// A sampled response with what it scored: a line of `runs/RUN/samples/step-N.jsonl`.
///
/// @param prompt the prompt as text
/// @param response the response as text, `<eos>` left out
/// @param gold gold reward
/// @param win whether the gold reward prefers it to a reference response to the same prompt: 1, 0, or ½ for a tie
/// @param kl exact per-token KL(π‖π_ref) summed along this response, nats
/// @param implicitReward β·log π/π_ref of this response
/// @param length tokens, `<eos>` included
public record ResponseSample(
        String prompt,
        String response,
        double gold,
        double win,
        double kl,
        @JsonProperty("implicit_reward") double implicitReward,
        int length) {

    /// Where a run keeps the samples of one checkpoint.
    public static Path file(Path runFolder, int step) {
        return runFolder.resolve("samples").resolve("step-" + step + ".jsonl");
    }

    public static void write(Path file, List<ResponseSample> samples) throws IOException {
        StringBuilder text = new StringBuilder();
        for (ResponseSample sample : samples) {
            text.append(Json.line(sample)).append('\n');
        }
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.writeString(file, text.toString());
    }

    public static List<ResponseSample> read(Path file) throws IOException {
        List<String> lines = Files.readAllLines(file);
        List<ResponseSample> samples = new ArrayList<>(lines.size());
        for (int k = 0; k < lines.size(); k++) {
            if (!lines.get(k).isBlank()) {
                samples.add(Json.read(file + ":" + (k + 1), lines.get(k), ResponseSample.class));
            }
        }
        return samples;
    }
}
