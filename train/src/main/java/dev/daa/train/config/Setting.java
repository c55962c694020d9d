package dev.daa.train.config;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// Describes a component of a config record: the one place for its meaning, default and short names.
///
/// ```java
/// record SftConfig(
///         @Setting("model folder to start from") Path model,
///         @Setting(value = "peak learning rate of AdamW", byDefault = "1e-4", aliases = "lr") double learningRate) {}
/// ```
/// A component `learningRate` is the key `learning_rate` in a file and the option `--learning-rate`; `-` and `_` are
/// the same in both. Without a default the key is required.
@Documented
@Target(ElementType.RECORD_COMPONENT)
@Retention(RetentionPolicy.RUNTIME)
public @interface Setting {
    /// Stands for "no default": the key is required.
    String REQUIRED = "\0required";

    /// What the key means, with its unit; printed by `--help`.
    String value();

    /// Default in YAML, such as `0.1`, `cosine`, `[1, 2]`, `{}` or `null`.
    String byDefault() default REQUIRED;

    /// Further names of the key.
    String[] aliases() default {};
}
