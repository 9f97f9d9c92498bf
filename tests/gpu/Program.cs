using System.Text;
using System.Text.Json.Nodes;
using Hybrid.Gpu;

// Without a verb: every part, each in a process of its own, into a report. With one: that part alone, one JSON document on stdout.
Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
return args switch
{
    ["hybrid", .. string[] words] => Hybrid.Cli.Cli.Run(words, Hybrid.Cli.Shared.Terminal.OfProcess()),
    ["tests", .. string[] classes] => EngineTestRun.Run(classes),
    ["symbols"] => Written(NativeSymbols.Report()),
    ["products", string device, string size] => Written(ProductRates.Report(device, int.Parse(size))),
    ["training", string device, string size] => Written(TrainingSpeed.Report(device, size)),
    ["memory", string device, string size] => Written(MemoryUse.Report(device, size)),
    ["exhaustion", string device] => Written(Exhaustion.Report(device)),
    _ => RunOptions.TryParse(args, out RunOptions options) ? Report.Run(options) : 2,
};

static int Written(JsonNode node)
{
    Console.Out.WriteLine(node.ToJsonString());
    return 0;
}
