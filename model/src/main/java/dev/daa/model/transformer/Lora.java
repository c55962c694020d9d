package dev.daa.model.transformer;

import dev.daa.compute.InputException;
import java.util.ArrayList;
import java.util.List;

/// Low-rank adapters of a frozen model (LoRA, Hu et al. 2106.09685): an adapted map computes `Wx + scale·B(Ax)`.
///
/// @param rank rows of A, columns of B
/// @param alpha the scale is alpha/rank
/// @param targets modules that are adapted, as PEFT names them: a module's path, or the end of one after a dot
/// @param rankStabilized the scale is alpha/√rank (rsLoRA, Kalajdzievski 2312.03732)
public record Lora(int rank, double alpha, List<String> targets, boolean rankStabilized) {
    /// The target that stands for every linear map of the blocks.
    public static final String ALL_LINEAR = "all-linear";

    public Lora {
        targets = List.copyOf(targets);
        if (rank < 1) {
            throw new InputException("LoRA rank is " + rank + ", expected at least 1");
        }
        if (!(alpha > 0) || Double.isInfinite(alpha)) {
            throw new InputException("LoRA alpha is " + alpha + ", expected a finite number above 0");
        }
        if (targets.isEmpty()) {
            throw new InputException("LoRA targets are [], expected at least one module");
        }
    }

    /// What PEFT adapts in a family when it is not told: the packed projection, or queries and values.
    public static List<String> defaultTargets(TransformerConfig config) {
        return switch (config.family()) {
            case GPT2 -> List.of("c_attn");
            case GPT_NEOX -> List.of("query_key_value");
            case LLAMA -> List.of("q_proj", "v_proj");
        };
    }

    /// Factor of `B(Ax)`.
    public float scale() {
        return (float) (alpha / (rankStabilized ? Math.sqrt(rank) : rank));
    }

    /// Whether the module at that path is adapted.
    boolean adapts(String path) {
        return targets.stream()
                .anyMatch(target -> target.equals(ALL_LINEAR) || path.equals(target) || path.endsWith("." + target));
    }

    /// Refuses a target that names no module of the model.
    void requireModules(TransformerConfig config) {
        List<String> paths = new ArrayList<>();
        for (int block = 0; block < config.layers(); block++) {
            for (LinearModule module : LinearModule.of(config)) {
                paths.add(module.path(config, block));
            }
        }
        for (String target : targets) {
            Lora alone = new Lora(rank, alpha, List.of(target), rankStabilized);
            if (paths.stream().noneMatch(alone::adapts)) {
                throw new InputException("LoRA target '" + target + "' is no module of a " + config.family()
                        + " model, expected " + ALL_LINEAR + " or some of "
                        + String.join(
                                ", ",
                                LinearModule.of(config).stream()
                                        .map(LinearModule::name)
                                        .toList()));
            }
        }
    }
}
