using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Hybrid.Architectures;
using Hybrid.Import.Json;
using Hybrid.Import.Records;
using Hybrid.Lab.Tests;
using Xunit;

namespace Hybrid.Import.Tests;

public class ArchitectureJsonTests
{
    [Fact]
    public void An_empty_record_is_the_documented_defaults()
    {
        Assert.Equal(ArchitectureModule.Defaults, ArchitectureJson.Parse("{}", "test"));
    }

    [Fact]
    public void The_example_of_the_design_with_its_comments_is_the_defaults()
    {
        const string Example = """
            {
              "name": "example",
              "tokens": 32, "depth": 12, "width": 768, "heads": 1, "mlpWidth": 768,
              "activation": "tanh",            // linear relu leakyRelu erf tanh gelu geluTanh silu sigmoid
              "gated": false,
              "norm": "pre",
              "mask": "none",
              "attention": { "skip": 1, "branch": 1, "logitStd": 1, "valueStd": 1 },
              "mlp":       { "skip": 1, "branch": 1, "inStd": 1, "biasStd": 0, "outStd": 1 },
              "input":     { "norm": 1, "correlation": 0 },
            }
            """;
        Assert.Equal(ArchitectureModule.Defaults, ArchitectureJson.Parse(Example, "test"));
    }

    [Fact]
    public void Every_legal_architecture_survives_writing_and_reading()
    {
        int read = 0;
        Prop.ForAll(Arb.From(Architectures.Legal), architecture =>
        {
            read++;
            return architecture.Equals(ArchitectureJson.Parse(ArchitectureJson.ToText(architecture), "test"));
        }).QuickCheckThrowOnFailure();
        Assert.True(read >= 100, $"only {read} architectures were tried");
    }

    [Fact]
    public void Every_preset_survives_writing_and_reading()
    {
        foreach (Preset preset in Presets.All)
            Assert.Equal(preset.Architecture, ArchitectureJson.Parse(ArchitectureJson.ToText(preset.Architecture), "test"));
    }

    [Fact]
    public void Every_choice_of_every_union_can_be_written()
    {
        string[] activations = ["linear", "relu", "leakyRelu", "erf", "tanh", "gelu", "geluTanh", "silu", "sigmoid"];
        foreach (string activation in activations)
        {
            string text = ArchitectureJson.ToText(ArchitectureJson.Parse($$"""{"activation":"{{activation}}"}""", "test"));
            Assert.Equal(activation, JsonDocument.Parse(text).RootElement.GetProperty("activation").GetString());
        }

    }

    [Fact]
    public void An_activation_that_is_code_cannot_be_written()
    {
        Architecture defaults = ArchitectureModule.Defaults;
        Architecture custom = ArchitectureModule.Defaults.With(
            name: "custom",
            tokens: defaults.Tokens,
            depth: defaults.Depth,
            width: defaults.Width,
            heads: defaults.Heads,
            mlpWidth: defaults.MlpWidth,
            activation: Activation.NewCustom(new CustomActivation("mine", x => x, _ => 1)),
            gated: defaults.Gated,
            norm: defaults.Norm,
            mask: defaults.Mask,
            attention: defaults.Attention,
            mlp: defaults.Mlp,
            input: defaults.Input);
        Assert.Contains("must be one of linear, relu", Assert.Throws<InputException>(() => ArchitectureJson.ToText(custom)).Message);
    }

    // Each row: the record, then what the one-line message must contain: field, what was received, what is legal.
    [Theory]
    [InlineData("""{"mlp":{"inSdt":2}}""", "mlp.inSdt", "did you mean mlp.inStd?", "skip, branch, inStd, biasStd, outStd")]
    [InlineData("""{"wdith":2}""", "'wdith'", "did you mean width?", "attention, mlp, input")]
    [InlineData("""{"mlp.inStd":2}""", "'mlp.inStd'", "is not a field", "inStd")]
    [InlineData("""{"attention":{"inStd":2}}""", "attention.inStd", "is not a field", "logitStd, valueStd")]
    [InlineData("""{"width":"wide"}""", "width must be", "an integer from 1", "got \"wide\"")]
    [InlineData("""{"width":1.5}""", "width must be", "an integer", "got 1.5")]
    [InlineData("""{"width":99999999999}""", "width must be", "an integer", "got 99999999999")]
    [InlineData("""{"width":0}""", "width must be", "an integer from 1", "got 0")]
    [InlineData("""{"width":null}""", "width must be", "an integer", "got null")]
    [InlineData("""{"gated":1}""", "gated must be", "true or false", "got 1")]
    [InlineData("""{"name":7}""", "name must be", "a string", "got 7")]
    [InlineData("""{"activation":"tahn"}""", "activation must be", "one of linear, relu", "did you mean tanh?")]
    [InlineData("""{"norm":"Pre"}""", "norm must be", "one of none, pre, post, peri, output", "got \"Pre\"")]
    [InlineData("""{"mask":true}""", "mask must be", "one of none, causal", "got true")]
    [InlineData("""{"mlp":{"inStd":1e999}}""", "mlp.inStd must be", "a finite number", "got 1e999")]
    [InlineData("""{"mlp":{"inStd":[1]}}""", "mlp.inStd must be", "a finite number", "got [1]")]
    [InlineData("""{"mlp":{"inStd":-1}}""", "mlp.inStd must be", "≥ 0", "got -1")]
    [InlineData("""{"mlp":3}""", "mlp must be", "an object", "got 3")]
    [InlineData("""{"depth":2,"mlp":{"branch":[1,2,3]}}""", "mlp.branch must be", "length depth = 2", "an array of 3")]
    [InlineData("""{"mlp":{"branch":[1,"x"]}}""", "mlp.branch must be", "array of finite numbers", "got [1,\"x\"]")]
    [InlineData("""{"heads":7}""", "heads must be", "a divisor of width = 768", "got 7")]
    [InlineData("""{"input":{"correlation":1.5}}""", "input.correlation must be", "to 1", "got 1.5")]
    [InlineData("""{"width":1,"width":2}""", "width is given twice", "test", "once")]
    [InlineData("""{"mlp":{"skip":1,"skip":2}}""", "mlp.skip is given twice", "test", "once")]
    [InlineData("""[1]""", "must be a JSON object", "test", "got [1]")]
    [InlineData("""{"width":NaN}""", "line 1, column 10", "test", "JSON")]
    [InlineData("", "line 1, column 1", "test", "JSON")]
    [InlineData("{\n  \"width\": 3,\n  \"depth\"", "line 3, column 10", "test", "JSON")]
    [InlineData("""{"a":[[[[[[[[[[1]]]]]]]]]]}""", "line 1", "depth of 8", "JSON")]
    public void A_bad_record_is_refused_in_one_line_that_names_the_field(string text, string field, string received, string legal)
    {
        Exception error = Assert.ThrowsAny<Exception>(() => ArchitectureJson.Parse(text, "test"));
        Assert.True(error is InputException or InvalidArchitectureException, error.GetType().Name);
        Assert.Contains(field, error.Message);
        Assert.Contains(received, error.Message);
        Assert.Contains(legal, error.Message);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void A_file_without_a_name_is_called_after_itself()
    {
        using TemporaryFolder folder = new();
        string path = folder.Write("mine.json", "{}");
        Assert.Equal("mine", ArchitectureSource.Load(path).Name);
    }

    [Theory]
    [InlineData("missing.json", null, "cannot be read")]
    [InlineData("binary.json", "Ã(", "UTF-8")]
    [InlineData("large.json", "large", "at most 1048576 bytes")]
    public void A_file_that_cannot_be_used_is_named(string name, string? content, string reason)
    {
        using TemporaryFolder folder = new();
        string path = folder.Path(name);
        if (content is not null)
            File.WriteAllBytes(path, content == "large" ? new byte[1_048_577] : System.Text.Encoding.Latin1.GetBytes(content));
        InputException error = Assert.Throws<InputException>(() => ArchitectureSource.Load(path));
        Assert.Contains(name, error.Message);
        Assert.Contains(reason, error.Message);
    }

    [Fact]
    public void A_folder_is_no_architecture()
    {
        using TemporaryFolder folder = new();
        Assert.Contains("cannot be read", Assert.Throws<InputException>(() => ArchitectureSource.Load(folder.Root + "/")).Message);
    }

    [Fact]
    public void An_unknown_preset_is_answered_with_its_nearest_names()
    {
        InputException error = Assert.Throws<InputException>(() => ArchitectureSource.Load("pre-tanh-orderd"));
        Assert.Contains("got 'pre-tanh-orderd'; did you mean pre-tanh-ordered", error.Message);
        Assert.Contains("Presets: gpt2, ", error.Message);
    }
}
