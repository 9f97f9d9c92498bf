using System.CommandLine;
using Hybrid.Cli.Output;
using Hybrid.Cli.Shared;
using Hybrid.Import.HuggingFace;
using Hybrid.Theory;

namespace Hybrid.Cli.Verbs;

/// <summary>hybrid predict: what the theory says of one architecture.</summary>
internal static class PredictCommand
{
    public static Verb Create(Session session)
    {
        Verb verb = new(
            "predict",
            "Says whether an architecture can train, and predicts every layer's norms, angles and gradients.",
            "hybrid predict gpt2",
            "hybrid predict config.json --residual-scaling depth",
            "hybrid predict gpt2 --layers --weights",
            "hybrid predict gpt2 --report gpt2.html",
            "hybrid predict pre-tanh-critical --set mlp.inStd=2 --json");
        Argument<string> source = Options.Architecture();
        verb.Arguments.Add(source);
        CommonOptions common = new(verb);
        ArchitectureLoading loading = new(verb, common);
        ReportOption report = new(verb);
        Option<bool> layers = new("--layers") { Description = "Also shows every layer: norms, angles, gradients, exponents." };
        Option<bool> weights = new("--weights") { Description = "Also shows the gradient of every weight matrix by layer." };
        verb.Options.Add(layers);
        verb.Options.Add(weights);
        return verb.Does(parsed =>
        {
            string? page = report.File(parsed);
            LoadedArchitecture loaded = loading.Load(parsed, parsed.GetRequiredValue(source));
            RunHeader header = new("predict", common.Seed(parsed));
            Prediction prediction = TheoryWork.Of(session, loaded.Architecture, Predict.Architecture);
            if (page is not null)
                ReportOption.Write(page, PredictionPage.Of(loaded, prediction, header, CommandText.Of(parsed)));
            TextWriter output = session.Terminal.Out;
            if (common.Json(parsed))
            {
                Json.Write(output, ImportNotes.AddTo(PredictionJson.ToNode(prediction, header), loaded.Import));
                return ExitCode.Agrees;
            }

            header.Write(output);
            output.WriteLine(RunHeader.Describe(loaded.Architecture));
            ImportNotes.Write(output, loaded.Import);
            output.WriteLine();
            PredictionTables.Write(session.Terminal, prediction, parsed.GetValue(layers), parsed.GetValue(weights));
            return ExitCode.Agrees;
        });
    }
}
