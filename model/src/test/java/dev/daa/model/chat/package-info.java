@NullMarked
package dev.daa.model.chat;

import org.jspecify.annotations.NullMarked;
