package dev.daa.train.model;

import dev.daa.compute.Backend;
import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.Model;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.run.Seeds;
import org.jspecify.annotations.Nullable;

/// A policy where its training starts, and the models that stand beside it. With adapters all of them lie on the same
/// frozen weights.
public final class StartingPolicy {
    private static final String POLICY = "policy";
    private static final String REFERENCE = "reference";

    private final Backend backend;
    private final ModelFolder source;
    private final Model policy;

    /// @param source the model that training starts from
    /// @param lora whether the policy trains adapters on it
    public StartingPolicy(Backend backend, ModelFolder source, LoraConfig lora, Seeds seeds) {
        this.backend = backend;
        this.source = source;
        policy = lora.on(backend, load(backend, source, POLICY), source, seeds);
    }

    /// A language model of a folder, whole.
    public static Model load(Backend backend, ModelFolder source, String layoutName) {
        TransformerParameters parameters = new TransformerParameters(source.config(), Head.LANGUAGE, layoutName);
        return source.load(backend, parameters);
    }

    /// What is trained.
    public Model policy() {
        return policy;
    }

    /// What the policy is compared with: itself with its adapters off, or its first weights again.
    public Model reference() {
        return policy.adapter() == null ? load(backend, source, REFERENCE) : policy.withoutAdapter(REFERENCE);
    }

    /// The same where a config may name another reference.
    ///
    /// @param other null where it names none
    public Model reference(@Nullable ModelFolder other) {
        return other == null ? reference() : load(backend, other, REFERENCE);
    }

    /// A model of the policy's first weights that can be written: with adapters of its own, or whole. `policy` is
    /// the policy itself. A copy of new adapters starts at the folder's model, since these change nothing.
    public Model named(String layoutName) {
        if (layoutName.equals(POLICY)) {
            return policy;
        }
        return policy.adapter() == null
                ? load(backend, source, layoutName)
                : policy.withOwnAdapter(backend, layoutName);
    }
}
