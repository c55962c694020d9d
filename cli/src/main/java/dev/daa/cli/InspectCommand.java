package dev.daa.cli;

import dev.daa.compute.InputException;
import dev.daa.compute.MemoryPlan;
import dev.daa.compute.Parameter;
import dev.daa.model.checkpoint.AdapterFiles;
import dev.daa.model.checkpoint.ModelFolder;
import dev.daa.model.checkpoint.Safetensors;
import dev.daa.model.checkpoint.TensorInfo;
import dev.daa.model.transformer.Head;
import dev.daa.model.transformer.TransformerConfig;
import dev.daa.model.transformer.TransformerParameters;
import dev.daa.train.objective.Objective;
import dev.daa.train.objective.Objectives;
import dev.daa.train.pairwise.PairUpdater;
import dev.daa.train.reward.RewardLearner;
import dev.daa.train.run.Checkpoint;
import dev.daa.train.run.Checkpoints;
import dev.daa.train.run.Optimizer;
import dev.daa.train.sft.SftLearner;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
                parameters.layout().size(),
                (parameters.layout().size() * 4L) >> 20);
        out.println(config);
        out.println("end of sequence " + folder.eosTokenIds());
        out.println("sha256 " + folder.hash());
        memory(config);
        for (Parameter parameter : parameters.layout().parameters()) {
            out.printf(Locale.ROOT, "  %-40s %d × %d%n", parameter.name(), parameter.rows(), parameter.columns());
        }
    }

    /// What a step of each command takes, with AdamW and rows as long as the model has positions, at most 512.
    private void memory(TransformerConfig config) {
        PrintStream out = terminal.out();
        int length = Math.min(LONGEST, config.maximumPositions());
        out.printf(Locale.ROOT, "memory with a micro-batch of %d rows of %d tokens%n", MICRO_BATCH, length);
        TransformerParameters language = new TransformerParameters(config, Head.LANGUAGE, "policy");
        TransformerParameters reference = new TransformerParameters(config, Head.LANGUAGE, "reference");
        Objective dpo = Objectives.create("dpo", Map.of());
        TransformerParameters scalar = new TransformerParameters(config, Head.SCALAR, "reward");
        for (boolean recompute : new boolean[] {false, true}) {
            Optimizer optimizer = new Optimizer(Optimizer.Rule.ADAMW, 0.9, 0.999, 1e-8, 0, 1, recompute);
            String option = recompute ? " --recompute" : "";
            int rows = MICRO_BATCH * length;
            line("sft" + option, SftLearner.plan(language, MICRO_BATCH, rows, optimizer));
            line("align" + option, PairUpdater.plan(language, reference, dpo, MICRO_BATCH, 2 * rows, optimizer));
            line("reward" + option, RewardLearner.plan(scalar, MICRO_BATCH, 2 * rows, optimizer));
        }
    }

    private void line(String command, MemoryPlan plan) {
        terminal.out().printf(Locale.ROOT, "  %-20s %s%n", command, plan);
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
