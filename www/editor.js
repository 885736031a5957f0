// The YAML editor: CodeMirror 6, bundled on its own and loaded when a user first opens it.
import { basicSetup, EditorView } from "codemirror";
import { yaml } from "@codemirror/lang-yaml";
import { autocompletion } from "@codemirror/autocomplete";
import { lintGutter, setDiagnostics } from "@codemirror/lint";

/**
 * Opens an editor inside the element `parent`.
 *
 * `onChange(text)` is called after each edit of the user; `complete(text, offset)` returns
 * `{ from, options: [{ label, detail }] }` or null.
 */
export function open(parent, text, onChange, complete) {
  const source = ({ state, pos }) => (complete ? complete(state.doc.toString(), pos) : null);
  // In a shadow root CodeMirror adopts its style sheets; in the document it would add <style> elements, which a strict
  // content security policy refuses.
  const root = parent.shadowRoot ?? parent.attachShadow({ mode: "open" });
  const view = new EditorView({
    parent: root,
    root,
    doc: text,
    extensions: [
      basicSetup,
      yaml(),
      lintGutter(),
      autocompletion({ override: [source] }),
      EditorView.lineWrapping,
      EditorView.updateListener.of((update) => {
        if (update.docChanged && onChange) onChange(update.state.doc.toString());
      }),
    ],
  });
  return {
    text: () => view.state.doc.toString(),
    setText: (next) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: next } }),
    /** Underlines `[{ from, to, severity, message }]`, offsets in UTF-16 units. */
    setDiagnostics: (list) => view.dispatch(setDiagnostics(view.state, list)),
    select: (from, to) => {
      view.dispatch({ selection: { anchor: from, head: to }, scrollIntoView: true });
      view.focus();
    },
    destroy: () => view.destroy(),
  };
}
