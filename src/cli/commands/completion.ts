/** @file `taskloom completion`: scripts by which shells complete commands and options. */
import { Argument, Command } from "commander";
import { print } from "../output.js";

const AFTER = `
For this shell alone, or in the file that it reads at its start:
  bash   source <(taskloom completion bash)
  zsh    source <(taskloom completion zsh)
  fish   taskloom completion fish | source
`;

/** A command by its words, with what may follow them. */
interface Place {
  readonly words: readonly string[];
  readonly next: readonly string[];
}

/** Every command below a program, itself included. */
export function placesOf(command: Command, words: readonly string[] = []): Place[] {
  const children = command.commands.filter((each) => each.name() !== "help");
  const options = command.options.filter(({ hidden }) => !hidden).map(({ long }) => long!);
  const own = { words, next: [...children.map((each) => each.name()), ...options, "--help"] };
  return [own, ...children.flatMap((each) => placesOf(each, [...words, each.name()]))];
}

/** Places by the words typed so far, as a case of sh: options between them do not count. */
function cases(places: readonly Place[]): string {
  return places.map(({ words, next }) => `    "${words.join(" ")}") next="${next.join(" ")}" ;;`).join("\n");
}

const WORDS = `  local place="" word next="" found
  for word in "\${typed[@]}"; do
    case "$word" in -*) continue ;; esac
    found="\${place:+$place }$word"
    case "$found" in COMMANDS) place="$found" ;; esac
  done
  case "$place" in
CASES
  esac`;

function body(places: readonly Place[]): string {
  const names = places.filter(({ words }) => words.length > 0).map(({ words }) => `"${words.join(" ")}"`);
  return WORDS.replace("COMMANDS", names.join("|")).replace("CASES", cases(places));
}

const SHELLS: Readonly<Record<string, (places: readonly Place[]) => string>> = {
  bash: (places) => `_taskloom() {
  local typed=("\${COMP_WORDS[@]:1:COMP_CWORD-1}")
${body(places)}
  COMPREPLY=($(compgen -W "$next" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _taskloom taskloom`,
  zsh: (places) => `_taskloom() {
  local -a typed=("\${words[@]:1:$((CURRENT - 2))}")
${body(places)}
  compadd -- \${=next}
  _files
}
compdef _taskloom taskloom`,
  fish: (places) =>
    places
      .map(({ words, next }) => {
        const seen = words.map((word) => `__fish_seen_subcommand_from ${word}`).join("; and ");
        const when = words.length === 0 ? "__fish_use_subcommand" : seen;
        return `complete -c taskloom -n "${when}" -a "${next.join(" ")}"`;
      })
      .join("\n"),
};

/** The script for a shell. */
export function completionScript(shell: string, program: Command): string {
  return SHELLS[shell](placesOf(program));
}

export function completionCommand(): Command {
  const command: Command = new Command("completion")
    .description("print a script by which a shell completes commands and options")
    .addArgument(new Argument("<shell>").choices(Object.keys(SHELLS)))
    .addHelpText("after", AFTER)
    .action((shell: string) => print(completionScript(shell, command.parent!)));
  return command;
}
