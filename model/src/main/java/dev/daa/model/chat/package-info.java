/// Chats as text: the chat templates of model folders, a documented subset of Jinja.
@NullMarked
package dev.daa.model.chat;

import org.jspecify.annotations.NullMarked;
