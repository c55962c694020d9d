package dev.daa.cli;

import dev.daa.compute.Backend;
import dev.daa.compute.InputException;
import dev.daa.compute.JointMemory;
import dev.daa.compute.MemoryPlan;
import dev.daa.compute.Parameter;
import dev.daa.model.checkpoint.AdapterFiles;
import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.model.checkpoint.Safetensors;
import dev.daa.model.checkpoint.TensorInfo;
import dev.daa.model.generate.Generator;
import dev.daa.model.generate.Sampling;
import dev.daa.model.generate.StopTokens;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.Lora;
import dev.daa.model.transformer.TransformerConfig;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.align.KlProbe;
import dev.daa.train.config.Configs;
import dev.daa.train.data.BatchCapacity;
import dev.daa.train.loop.Batching;
import dev.daa.train.model.LoraConfig;
import dev.daa.train.model.Optimizer;
import dev.daa.train.objective.Objective;
import dev.daa.train.objective.Objectives;
import dev.daa.train.pairwise.PairUpdater;
import dev.daa.train.ppo.PolicyGradient;
import dev.daa.train.ppo.PolicyGradientLearner;
import dev.daa.train.reward.RewardLearner;
import dev.daa.train.rollout.RewardModel;
import dev.daa.train.rollout.RolloutSampler;
import dev.daa.train.run.Checkpoint;
import dev.daa.train.run.Checkpoints;
import dev.daa.train.sft.SftLearner;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/// `daa inspect`: what a model folder, a safetensors file or a run folder holds.
@Command(name = "inspect", description = "Shows what a model folder, a safetensors file or a run folder holds.")
final class InspectCommand implements Callable<Integer> {
    private static final int MICRO_BATCH = 4;
    private static final int LONGEST = 512;
    private static final int RESPONSES = 64;
    private static final int ADAPTER_RANK = 8;

    private final Terminal terminal;

    @Parameters(paramLabel = "PATH", description = "Model folder, .safetensors file or run folder.")
    private Path path = Path.of("");

    InspectCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        if (!Files.exists(path)) {
            throw new InputException(path + ": no such file or folder");
        }
        if (Files.isRegularFile(path)) {
            tensors();
        } else if (Files.exists(path.resolve("manifest.json"))) {
            run();
            if (isModel()) {
                model();
            }
        } else if (isModel()) {
            model();
        } else {
            throw InputException.of(
                    path.toString(),
                    "a folder without config.json, adapter_config.json or manifest.json",
                    "a model, adapter or run folder",
                    "");
        }
        return 0;
    }

    private boolean isModel() {
        return Files.exists(path.resolve("config.json")) || AdapterFiles.isIn(path);
    }

    private void tensors() {
        PrintStream out = terminal.out();
        long elements = 0;
        try (Safetensors file = Safetensors.open(path)) {
            for (String name : file.names()) {
                TensorInfo tensor = file.info(name);
                elements += tensor.elements();
                out.printf(Locale.ROOT, "%-56s %-5s %s%n", name, tensor.type(), tensor.shape());
            }
            out.printf(Locale.ROOT, "%d tensors, %,d values%n", file.names().size(), elements);
        }
    }

    private void model() {
        PrintStream out = terminal.out();
        ModelFolder folder = ModelFolder.open(path);
        TransformerConfig config = folder.config();
        TransformerParameters parameters = new TransformerParameters(config, folder.head(), "inspected");
        out.printf(
                Locale.ROOT,
                "%s with a %s head, %,d parameters, %,d MiB in fp32%n",
                config.family().name().toLowerCase(Locale.ROOT),
                folder.head().toString().toLowerCase(Locale.ROOT),
                parameters.layout().count(),
                (parameters.layout().count() * 4) >> 20);
        out.println(config);
        out.println("end of sequence " + folder.eosTokenIds());
        out.println(folder.hasWeights() ? "sha256 " + folder.hash() : "no weights");
        memory(folder);
        for (Parameter parameter : parameters.layout().parameters()) {
            out.printf(Locale.ROOT, "  %-40s %d × %d%n", parameter.name(), parameter.rows(), parameter.columns());
        }
    }

    /// What each command takes on this machine's cores, with AdamW, rows as long as the model has positions, at
    /// most 512, half of them prompt where responses are sampled, and reward and value models of the same
    /// architecture.
    private void memory(ModelFolder folder) {
        int length = Math.min(LONGEST, folder.config().maximumPositions());
        terminal.out()
                .printf(
                        Locale.ROOT,
                        "memory with a micro-batch of %d rows of %d tokens, %d responses at a time%n",
                        MICRO_BATCH,
                        length,
                        RESPONSES);
        try (Backend backend = Backend.open("cpu", Runtime.getRuntime().availableProcessors())) {
            LoraConfig adapters = new LoraConfig(ADAPTER_RANK, 2.0 * ADAPTER_RANK, List.of(Lora.ALL_LINEAR), false);
            for (LoraConfig lora : List.of(LoraConfig.OFF, adapters)) {
                for (boolean recompute : new boolean[] {false, true}) {
                    training(backend, folder, length, lora, recompute);
                }
            }
            sampling(backend, folder, length);
        }
    }

    private void training(Backend backend, ModelFolder folder, int length, LoraConfig lora, boolean recompute) {
        Optimizer optimizer = new Optimizer(Optimizer.Rule.ADAMW, 0.9, 0.999, 1e-8, 0, 1, recompute);
        String options = (lora.isOn() ? " --lora-rank " + lora.rank() : "") + (recompute ? " --recompute" : "");
        TransformerParameters policy = lora.on(language(folder, "policy"), folder);
        TransformerParameters reference =
                lora.isOn() ? policy.withoutAdapter("reference") : language(folder, "reference");
        TransformerParameters reward = new TransformerParameters(folder.config(), Head.SCALAR, "reward");
        int rows = MICRO_BATCH * length;
        RolloutSampler.Shape shape = shape(length);
        Objective dpo = Objectives.create("dpo", Map.of());
        line(
                "sft" + options,
                JointMemory.of(SftLearner.plan(backend, policy, MICRO_BATCH, BatchCapacity.ofRows(rows), optimizer)));
        line(
                "reward" + options,
                JointMemory.of(RewardLearner.plan(backend, lora.on(reward, folder), MICRO_BATCH, 2 * rows, optimizer)));
        KlProbe.Shape probe = new KlProbe.Shape(
                RESPONSES, shape.longestPrompt(), shape.sampling().maximumTokens());
        line(
                "align" + options,
                PairUpdater.plan(
                                backend, policy, reference, dpo, MICRO_BATCH, BatchCapacity.ofRows(2 * rows), optimizer)
                        .add(KlProbe.plan(backend, policy, reference, probe)));
        line(
                "ppo" + options,
                PolicyGradientLearner.plan(
                                backend,
                                policy,
                                reference,
                                lora.on(new TransformerParameters(folder.config(), Head.SCALAR, "value"), folder),
                                shape,
                                null,
                                Configs.read(PolicyGradient.class, null, List.of()),
                                new Batching(RESPONSES, MICRO_BATCH, optimizer))
                        .add(RewardModel.plan(backend, reward, length)));
        TransformerParameters sampling = lora.isOn() ? policy : language(folder, "sampling");
        line(
                "online" + options,
                PairUpdater.plan(
                                backend,
                                policy,
                                reference,
                                dpo,
                                MICRO_BATCH,
                                BatchCapacity.ofPairs(
                                        MICRO_BATCH,
                                        shape.longestPrompt(),
                                        shape.sampling().maximumTokens()),
                                optimizer)
                        .add(RewardModel.plan(backend, reward, length))
                        .add(RolloutSampler.plan(backend, sampling, reference, shape, RESPONSES)));
    }

    private void sampling(Backend backend, ModelFolder folder, int length) {
        RolloutSampler.Shape shape = shape(length);
        MemoryPlan generator = Generator.plan(
                backend,
                language(folder, "model"),
                RESPONSES,
                shape.longestPrompt(),
                shape.sampling().maximumTokens());
        MemoryPlan reward =
                RewardModel.plan(backend, new TransformerParameters(folder.config(), Head.SCALAR, "reward"), length);
        line("generate", JointMemory.of(generator));
        line("best-of-n", JointMemory.of(generator, reward));
        line("score", JointMemory.of(reward));
    }

    private static TransformerParameters language(ModelFolder folder, String layoutName) {
        return new TransformerParameters(folder.config(), Head.LANGUAGE, layoutName);
    }

    private static RolloutSampler.Shape shape(int length) {
        int prompt = Math.max(1, length / 2);
        return new RolloutSampler.Shape(prompt, Sampling.full(1, Math.max(1, length - prompt), StopTokens.NONE), 1);
    }

    private void line(String command, JointMemory memory) {
        terminal.out().printf(Locale.ROOT, "  %-34s %s%n", command, memory);
    }

    private void run() {
        PrintStream out = terminal.out();
        try {
            out.println(Files.readString(path.resolve("manifest.json")).strip());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        for (Checkpoint checkpoint : new Checkpoints(path).list()) {
            out.println("checkpoint at step " + checkpoint.step() + "  " + checkpoint.folder());
        }
    }
}
