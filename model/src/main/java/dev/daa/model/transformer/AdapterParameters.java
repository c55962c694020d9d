package dev.daa.model.transformer;

import dev.daa.compute.Parameter;
import dev.daa.compute.ParameterLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The parameters of low-rank adapters in a layout of their own, beside the frozen layout of the model they adapt. A
/// model with a scalar head has a head of its own among them, which is trained whole.
public final class AdapterParameters {
    /// Both maps of an adapted module.
    ///
    /// @param block number of the block
    /// @param a `[rank, in]`
    /// @param b `[module's rows, rank]`
    public record Pair(int block, LinearModule module, Parameter a, Parameter b) {}

    private final Lora lora;
    private final String base;
    private final ParameterLayout layout;
    private final List<Pair> pairs = new ArrayList<>();
    private final @Nullable Parameter score;
    private final @Nullable Parameter length;

    /// @param adapted the model without adapters
    /// @param base folder of that model, as adapter files name it
    /// @param withScore a scalar head is among the parameters
    /// @param withLength a second one, too
    public AdapterParameters(
            TransformerParameters adapted, Lora lora, String base, boolean withScore, boolean withLength) {
        this.lora = lora;
        this.base = base;
        TransformerConfig config = adapted.config();
        lora.requireModules(config);
        layout = new ParameterLayout(adapted.name() + ".adapter");
        for (int block = 0; block < config.layers(); block++) {
            for (LinearModule module : LinearModule.of(config)) {
                if (lora.adapts(module.path(config, block))) {
                    int in = module.map().weight(adapted.blocks().get(block)).columns();
                    String name = "block." + block + "." + module.name();
                    pairs.add(new Pair(
                            block,
                            module,
                            layout.add(name + ".A", lora.rank(), in),
                            layout.add(name + ".B", module.rows(), lora.rank())));
                }
            }
        }
        score = withScore ? layout.add("score.weight", config.width()) : null;
        length = withLength ? layout.add(TransformerParameters.LENGTH_HEAD, config.width()) : null;
    }

    public Lora lora() {
        return lora;
    }

    /// Folder of the adapted model.
    public String base() {
        return base;
    }

    public ParameterLayout layout() {
        return layout;
    }

    /// By block, then in the order of [LinearModule#of].
    public List<Pair> pairs() {
        return List.copyOf(pairs);
    }

    /// The scalar head; null for language models.
    public @Nullable Parameter score() {
        return score;
    }

    /// The second scalar head, which only training has; null without one.
    public @Nullable Parameter length() {
        return length;
    }

    /// Puts the adapters into the weights: `W ← W + scale·B·A`. The scalar head stays as it is.
    ///
    /// @param adapter in this layout
    /// @param adapted the model without adapters
    /// @param arrays of the model's layout; changed
    public void merge(float[] adapter, TransformerParameters adapted, float[][] arrays) {
        for (Pair pair : pairs) {
            Parameter weight = pair.module().map().weight(adapted.blocks().get(pair.block()));
            float[] weights = arrays[weight.array()];
            int columns = weight.columns();
            double[] product = new double[columns];
            for (int row = 0; row < pair.module().rows(); row++) {
                Arrays.fill(product, 0);
                for (int k = 0; k < lora.rank(); k++) {
                    double factor = (double) lora.scale() * adapter[pair.b().offset() + row * lora.rank() + k];
                    for (int j = 0; j < columns; j++) {
                        product[j] += factor * adapter[pair.a().offset() + k * columns + j];
                    }
                }
                int at = weight.offset() + (pair.module().first() + row) * columns;
                for (int j = 0; j < columns; j++) {
                    weights[at + j] = (float) (weights[at + j] + product[j]);
                }
            }
        }
    }

    /// Puts the adapter's scalar head, where it has one, in place of the model's.
    public void mergeScore(float[] adapter, TransformerParameters adapted, float[][] arrays) {
        if (score != null) {
            Parameter head = adapted.headWeight();
            System.arraycopy(adapter, score.offset(), arrays[head.array()], head.offset(), score.size());
        }
    }

    /// The adapters of one map of a block.
    List<Pair> of(int block, LinearModule.Map map) {
        return pairs.stream()
                .filter(pair -> pair.block() == block && pair.module().map() == map)
                .toList();
    }
}
