using System.CommandLine;
using Hybrid.Cli.Shared;

namespace Hybrid.Cli.Verbs;

/// <summary>hybrid completion: a script that teaches a shell to complete the command's words.</summary>
internal static class CompletionCommand
{
    public static Verb Create(Session session)
    {
        Verb verb = new(
            "completion",
            "Prints a script with which a shell completes verbs, options, presets and fields.",
            "hybrid completion bash",
            "hybrid completion zsh",
            "hybrid completion fish",
            "hybrid completion pwsh");
        Argument<string> shell =
            new("SHELL") { HelpName = "SHELL", Description = $"One of {string.Join(", ", CompletionScripts.Shells)}." };
        shell.AcceptOnlyFromAmong([.. CompletionScripts.Shells]);
        verb.Arguments.Add(shell);
        return verb.Does(parsed =>
        {
            session.Terminal.Out.Write(CompletionScripts.Of(parsed.GetRequiredValue(shell)));
            return ExitCode.Agrees;
        });
    }
}
