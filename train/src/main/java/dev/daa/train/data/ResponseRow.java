package dev.daa.train.data;

import dev.daa.compute.InputException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// A prompt and a response as text, as people and judges read them.
///
/// @param place `file:line`, for errors
public record ResponseRow(String place, String prompt, String response) {

    /// Reads rows of text in any layout; no tokenizer is needed.
    public static List<ResponseRow> read(Path file) {
        RowParser parser = new RowParser(null, RowConfig.DEFAULT.rating());
        List<ResponseRow> rows = new ArrayList<>();
        DataFile.read(file, line -> {
            // Generated rows carry their ids too.
            for (String field : List.of("prompt", "response", "completion")) {
                if (line.object().has(field)) {
                    line.object().remove(field + "_ids");
                }
            }
            switch (parser.example(line)) {
                case RawRow.Example(Passage prompt, Passage response) ->
                    rows.add(new ResponseRow(line.place(), text(line, prompt), text(line, response)));
                case RawRow.Judged(Passage prompt, Passage response, double _) ->
                    rows.add(new ResponseRow(line.place(), text(line, prompt), text(line, response)));
                case RawRow.Pair _, RawRow.Prompt _ -> throw new IllegalStateException("no response");
            }
        });
        if (rows.isEmpty()) {
            throw InputException.of(file.toString(), "no rows", "lines like {\"prompt\":…,\"response\":…}", "");
        }
        return rows;
    }

    private static String text(DataLine line, Passage passage) {
        if (passage instanceof Passage.Text(var _, String text, var _)) {
            return text;
        }
        throw InputException.of(
                line.place(), passage.field() + " as token ids", "text", "generate with a model that has a tokenizer");
    }
}
