package dev.daa.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Adapters from the command line: trained, opened as a model, merged.
class AdapterCommandsTest {
    @TempDir
    Path folder;

    private Path model;
    private Path data;
    private Path adapter;

    @BeforeEach
    void train() throws IOException {
        model = SmallFiles.model(folder.resolve("model"));
        data = SmallFiles.pairs(folder.resolve("data.jsonl"), 9);
        adapter = folder.resolve("adapter");
        run(
                "sft",
                "--model",
                model.toString(),
                "--data",
                data.toString(),
                "--out",
                adapter.toString(),
                "--lora-rank",
                "4",
                "--lora-alpha",
                "32",
                "--lora-targets",
                "c_attn,mlp.c_proj",
                "--lr",
                "1e-2",
                "--batch",
                "3",
                "--placement.threads",
                "1");
    }

    private static String run(String... arguments) {
        RecordedTerminal terminal = new RecordedTerminal(false);
        assertThat(terminal.run(arguments)).as(terminal.err()).isZero();
        return terminal.out();
    }

    private String generated(Path from) {
        return run(
                "generate",
                "--model",
                from.toString(),
                "--data",
                data.toString(),
                "--max-tokens",
                "12",
                "--placement.threads",
                "1");
    }

    private static String refused(String... arguments) {
        RecordedTerminal terminal = new RecordedTerminal(false);
        assertThat(terminal.run(arguments)).isEqualTo(2);
        return terminal.err();
    }

    @Test
    void anAdapterIsOpenedAsTheModelItMerges() throws IOException {
        Path merged = folder.resolve("merged");
        assertThat(run("merge", "--model", adapter.toString(), "--out", merged.toString()))
                .matches(merged + ": [0-9,]+ parameters\n");
        assertThat(generated(merged)).isEqualTo(generated(adapter)).isNotEqualTo(generated(model));
        assertThat(Files.exists(adapter.resolve("model.safetensors"))).isFalse();
        assertThat(run("inspect", adapter.toString())).contains("gpt2 with a language head");
    }

    @Test
    void mergingNeedsAnAdapterAndAFreeFolder() {
        assertThat(refused(
                        "merge",
                        "--model",
                        model.toString(),
                        "--out",
                        folder.resolve("m").toString()))
                .isEqualTo("daa: " + model + ": found no adapter_config.json, expected an adapter folder, or several"
                        + " models\n");
        assertThat(refused("merge", "--model", adapter.toString(), "--out", model.toString()))
                .isEqualTo("daa: " + model + ": a model is there already; choose another --out\n");
    }

    @Test
    void aTargetThatIsNoModuleIsOneLine() {
        assertThat(refused(
                        "sft",
                        "--model",
                        model.toString(),
                        "--data",
                        data.toString(),
                        "--out",
                        folder.resolve("out").toString(),
                        "--backend",
                        "cpu",
                        "--lora-rank",
                        "4",
                        "--lora-targets",
                        "q_proj"))
                .isEqualTo("daa: LoRA target 'q_proj' is no module of a GPT2 model, expected all-linear or some of"
                        + " attn.c_attn, attn.c_proj, mlp.c_fc, mlp.c_proj\n");
    }
}
