using System.CommandLine;
using Hybrid.Architectures;
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
            "hybrid predict config.json --widths 256,1024,4096",
            "hybrid predict gpt2 --report gpt2.html",
            "hybrid predict pre-tanh-critical --set mlp.inStd=2 --json");
        Argument<string> source = Options.Architecture();
        verb.Arguments.Add(source);
        CommonOptions common = new(verb);
        ArchitectureLoading loading = new(verb, common);
        ReportOption report = new(verb);
        Option<bool> layers = new("--layers")
        {
            Description = "Also shows every layer: norms, angles, gradients, exponents, attention's entropy.",
        };
        Option<bool> weights = new("--weights")
        {
            Description = "Also shows every module's activations and every weight matrix's gradient by layer.",
        };
        verb.Options.Add(layers);
        verb.Options.Add(weights);
        WidthOptions widths = new(verb);
        return verb.Does(parsed =>
        {
            ReportFile? page = report.File(parsed);
            LoadedArchitecture loaded = loading.Load(parsed, parsed.GetRequiredValue(source));
            RunHeader header = new("predict", common.Seed(parsed));
            Architecture[]? wider = widths.Of(parsed, loaded, architecture => common.Apply(parsed, architecture));
            Architecture? other = loading.OtherScaling(parsed, parsed.GetRequiredValue(source), loaded);
            bool json = common.Json(parsed), withLayers = parsed.GetValue(layers), withWeights = parsed.GetValue(weights);
            PredictionOutput prediction = TheoryWork.Of(session, loaded.Architecture, architecture =>
            {
                Prediction predicted = Predict.Architecture(architecture);
                return new PredictionOutput(
                    predicted,
                    ImportCaveats.Of(predicted, loaded.Import, other),
                    json || withLayers || withWeights || page is not null ? ModuleScalesModule.Of(architecture) : [],
                    withLayers,
                    withWeights,
                    wider is null ? null : WidthTrend.Of(widths.Kept(parsed, loaded), wider));
            });
            if (page is not null)
                page.Write(PredictionPage.Of(loaded, prediction, header, CommandText.Of(parsed)));
            if (json)
            {
                Json.Write(session.Terminal.Out, ImportNotes.AddTo(PredictionJson.ToNode(prediction, header), loaded.Import));
                return ExitCode.Agrees;
            }

            // As a whole or not at all: what cannot be told is told before anything else is.
            using StringWriter output = new() { NewLine = session.Terminal.Out.NewLine };
            header.Write(output);
            output.WriteLine(RunHeader.Describe(loaded.Architecture));
            ImportNotes.WriteSource(output, loaded.Import);
            output.WriteLine();
            PredictionTables.Write(session.Terminal with { Out = output }, prediction, loaded.Import);
            session.Terminal.Out.Write(output);
            return ExitCode.Agrees;
        });
    }
}
