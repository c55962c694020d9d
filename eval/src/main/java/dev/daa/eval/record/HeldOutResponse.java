package dev.daa.eval.record;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// A response of a held-out preference pair and how much likelier a policy makes it than the SFT policy: a line of
/// `runs/RUN/held-out/step-N.jsonl`. Every checkpoint of a size and seed is asked about the same responses, all of them
/// samples of the SFT policy.
///
/// @param chosen whether it is its pair's chosen response
/// @param length tokens, `<eos>` included
/// @param gold gold reward
/// @param logRatio log π/π_ref of the whole response, nats
public record HeldOutResponse(
        boolean chosen,
        int length,
        double gold,
        @JsonProperty("log_ratio") double logRatio) {

    /// Where a run keeps those of one checkpoint.
    public static Path file(Path runFolder, int step) {
        return runFolder.resolve("held-out").resolve("step-" + step + ".jsonl");
    }

    /// @return empty where the run kept none
    public static List<HeldOutResponse> read(Path file) throws IOException {
        if (!Files.exists(file)) {
            return List.of();
        }
        List<String> lines = Files.readAllLines(file);
        List<HeldOutResponse> responses = new ArrayList<>(lines.size());
        for (int k = 0; k < lines.size(); k++) {
            responses.add(Json.read(file + ":" + (k + 1), lines.get(k), HeldOutResponse.class));
        }
        return responses;
    }
}
