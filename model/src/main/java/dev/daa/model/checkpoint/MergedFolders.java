package dev.daa.model.checkpoint;

import dev.daa.compute.InputException;
import dev.daa.model.tokenizer.TokenizerFile;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.TransformerConfig;
import dev.daa.model.transformer.TransformerParameters;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;

/// Model folders of one form, whose weights are merged tensor by tensor: language models of one tokenizer, or reward
/// models, whose heads are merged with the rest.
///
/// @param folders at least one; the first gives config and tokenizer
public record MergedFolders(List<ModelFolder> folders) {
    /// @throws InputException where one is an adapter or differs from the first in more than weights
    public MergedFolders {
        folders = List.copyOf(folders);
        ModelFolder first = folders.getFirst();
        for (ModelFolder folder : folders) {
            if (AdapterFiles.isIn(folder.path())) {
                throw InputException.of(
                        folder.path().toString(),
                        "an adapter",
                        "a model of its own",
                        "make it one first: daa merge --model " + folder.path() + " --out …");
            }
            requireHead(folder, first);
            requireArchitecture(folder, first);
            requireTokenizer(folder, first);
        }
    }

    private static void requireHead(ModelFolder folder, ModelFolder first) {
        if (folder.head() != first.head()) {
            throw InputException.of(
                    folder.path().toString(),
                    "a model with a " + folder.head() + " head",
                    "a " + first.head() + " head as of " + first.path(),
                    "");
        }
        if (!folder.paddingTokenId().equals(first.paddingTokenId()) && folder.head() == Head.SCALAR) {
            throw InputException.of(
                    folder.path() + ": pad_token_id",
                    padding(folder),
                    padding(first) + " as in " + first.path(),
                    "it says at which token a score is read");
        }
    }

    private static String padding(ModelFolder folder) {
        return folder.paddingTokenId().isPresent()
                ? "" + folder.paddingTokenId().getAsInt()
                : "none";
    }

    /// Names what differs.
    private static void requireArchitecture(ModelFolder folder, ModelFolder first) {
        for (RecordComponent component : TransformerConfig.class.getRecordComponents()) {
            Object found = value(component, folder.config());
            Object expected = value(component, first.config());
            if (!found.equals(expected)) {
                throw InputException.of(
                        folder.path().toString(),
                        component.getName() + " " + found,
                        expected + " as in " + first.path(),
                        "only models of one architecture have weights to merge");
            }
        }
    }

    private static Object value(RecordComponent component, TransformerConfig config) {
        try {
            return component.getAccessor().invoke(config);
        } catch (ReflectiveOperationException failure) {
            throw new IllegalStateException(failure);
        }
    }

    private static void requireTokenizer(ModelFolder folder, ModelFolder first) {
        folder.requireVocabularyOf(first);
        boolean found = TokenizerFile.isIn(folder.path());
        boolean expected = TokenizerFile.isIn(first.path());
        if (found != expected) {
            throw InputException.of(
                    folder.path().toString(),
                    found ? "a tokenizer" : "no tokenizer",
                    expected ? "that of " + first.path() : "none as in " + first.path(),
                    "");
        }
        if (found && !TokenizerFile.same(folder.path(), first.path())) {
            throw InputException.of(
                    folder.path().toString(),
                    "another tokenizer.json",
                    "that of " + first.path(),
                    "models whose texts are cut in different places have no weights to merge");
        }
    }

    /// Merged weights; the files are read a tensor at a time.
    ///
    /// @param parameters of the folders' architecture and head
    /// @param merge given the tensors of the folders in their order
    /// @return arrays of the layout of `parameters`
    public float[][] weights(TransformerParameters parameters, CheckpointLayout.TensorMerge merge) {
        float[][] arrays = parameters.layout().zeros();
        List<WeightFiles> files = new ArrayList<>();
        try {
            for (ModelFolder folder : folders) {
                files.add(WeightFiles.open(folder.path()));
            }
            new CheckpointLayout(parameters).readMerged(files, merge, arrays);
        } finally {
            files.forEach(WeightFiles::close);
        }
        return arrays;
    }
}
