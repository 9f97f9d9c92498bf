using System.CommandLine;
using System.Text.Json.Nodes;
using Hybrid.Architectures;
using Hybrid.Cli.Output;
using Hybrid.Cli.Shared;
using Hybrid.Import.Checkpoints;
using Hybrid.Import.Records;

namespace Hybrid.Cli.Verbs;

/// <summary>hybrid export: a freshly initialised network of a record as a Hugging Face checkpoint.</summary>
internal static class ExportCommand
{
    private const int MostTokens = 1 << 20;

    public static Verb Create(Session session)
    {
        Verb verb = new(
            "export",
            "Writes a freshly initialised network as a Hugging Face checkpoint: config.json and model.safetensors.",
            "hybrid export gpt2 --set depth=4 --set width=256 --set mlpWidth=1024 --vocabulary 50257 --tied --out small-gpt2",
            "hybrid export my-model.json --family llama --out fresh --seed 7")
        {
            LeavesFiles = true,
        };
        Argument<string> source = Options.Architecture();
        Option<string> folder = new("--out") { Description = "The folder to write.", HelpName = "FOLDER", Required = true };
        Option<string?> family = Options.Choice(
            "--family", "The family to write; the first that builds such blocks, if not given.", null, CheckpointWriter.ModelTypes);
        Option<int> vocabulary = Options.Integer("--vocabulary", "Tokens that the network knows.", 256, 2, MostTokens);
        Option<bool> tied = new("--tied")
        {
            Description = "Compare outputs with the token embedding instead of vectors of their own; encoders always do.",
        };
        Option<int> threads = Options.Threads();
        verb.Arguments.Add(source);
        verb.Options.Add(folder);
        verb.Options.Add(family);
        verb.Options.Add(vocabulary);
        verb.Options.Add(tied);
        verb.Options.Add(threads);
        CommonOptions common = new(verb);
        ArchitectureLoading loading = new(verb, common);
        return verb.Does(parsed =>
        {
            Architecture architecture = loading.Load(parsed, parsed.GetRequiredValue(source)).Architecture;
            string path = parsed.GetRequiredValue(folder);
            RunHeader header = new("export", common.Seed(parsed));
            string written = CheckpointWriter.Write(
                architecture,
                path,
                parsed.GetValue(family),
                parsed.GetValue(vocabulary),
                parsed.GetValue(tied),
                header.Seed,
                Options.ThreadsOf(parsed, threads));
            if (common.Json(parsed))
            {
                Json.Write(session.Terminal.Out, new JsonObject
                {
                    ["run"] = header.ToNode(),
                    ["architecture"] = ArchitectureJson.ToNode(architecture),
                    ["family"] = written,
                    ["out"] = path,
                });
                return ExitCode.Agrees;
            }

            TextWriter output = session.Terminal.Out;
            output.WriteLine($"A fresh network of '{architecture.Name}' is in {path} as a {written} checkpoint.");
            header.Write(output);
            output.WriteLine(RunHeader.Describe(architecture));
            return ExitCode.Agrees;
        });
    }
}
