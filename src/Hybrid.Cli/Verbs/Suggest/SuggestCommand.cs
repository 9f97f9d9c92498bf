using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Hybrid.Cli.Output;
using Hybrid.Cli.Shared;
using Hybrid.Import.HuggingFace;
using Hybrid.Theory;

namespace Hybrid.Cli.Verbs;

/// <summary>hybrid suggest: the nearest hyperparameters at which an architecture is trainable.</summary>
internal static class SuggestCommand
{
    public static Verb Create(Session session)
    {
        Verb verb = new(
            "suggest",
            "Finds the smallest change of hyperparameters that makes an architecture trainable; exit 1 if none is found.",
            "hybrid suggest post-relu",
            "hybrid suggest post-relu --report suggest.html",
            "hybrid suggest pre-tanh-ordered --budget 1 --set depth=24 --json");
        Argument<string> source = Options.Architecture();
        Option<double> budget = Budget();
        verb.Arguments.Add(source);
        verb.Options.Add(budget);
        CommonOptions common = new(verb);
        ArchitectureLoading loading = new(verb, common);
        ReportOption report = new(verb);
        return verb.Does(parsed =>
        {
            ReportFile? page = report.File(parsed);
            LoadedArchitecture loaded = loading.Load(parsed, parsed.GetRequiredValue(source));
            double allowed = parsed.GetValue(budget);
            RunHeader header = new("suggest", common.Seed(parsed));
            Suggestion suggestion = TheoryWork.Of(
                session, loaded.Architecture, architecture => Suggest.Architecture(architecture, allowed));
            if (page is not null)
                page.Write(SuggestionPage.Of(suggestion, loaded, header, CommandText.Of(parsed)));
            if (common.Json(parsed))
            {
                Json.Write(session.Terminal.Out, ImportNotes.AddTo(SuggestionJson.ToNode(suggestion, header), loaded.Import));
            }
            else
            {
                WriteHeader(session.Terminal.Out, header, loaded, allowed);
                SuggestionTables.Write(session.Terminal, suggestion);
            }

            return suggestion.Reached ? ExitCode.Agrees : ExitCode.Disagrees;
        });
    }

    private static void WriteHeader(TextWriter output, RunHeader header, LoadedArchitecture loaded, double budget)
    {
        header.Write(output);
        output.WriteLine(RunHeader.Describe(loaded.Architecture));
        ImportNotes.Write(output, loaded.Import);
        output.WriteLine(
            string.Create(CultureInfo.InvariantCulture, $"asked for a count of at most {budget}; predict --json names what counts"));
        output.WriteLine();
    }

    private static Option<double> Budget()
    {
        const string name = "--budget";
        static double Parse(ArgumentResult result)
        {
            string text = string.Join(' ', result.Tokens.Select(token => token.Value));
            if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
                && value > 0 && double.IsFinite(value))
            {
                return value;
            }

            result.AddError($"{name} must be a finite number > 0, got '{text}'.");
            return default;
        }

        return new Option<double>(name)
        {
            Description = "Most that may be counted: by how many e-folds 1 − ρ or the gradient's norm may change over the layers.",
            HelpName = "B",
            CustomParser = Parse,
            DefaultValueFactory = _ => TrainabilityModule.Limits.Trainable,
        };
    }
}
