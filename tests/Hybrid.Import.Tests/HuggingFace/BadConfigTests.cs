using Hybrid.Architectures;
using Hybrid.Import.Json;
using Xunit;

namespace Hybrid.Import.Tests.HuggingFace;

/// <summary>A configuration that cannot be read is refused in one line that names the key.</summary>
public class BadConfigTests
{
    // Each row: what is added to or stands in the configuration, then what the message must contain.
    [Theory]
    [InlineData("\"hidden_act\": \"quick_gelu\"", "hidden_act must be one of gelu", "got 'quick_gelu': x sigmoid(1.702 x)")]
    [InlineData("\"hidden_act\": 7", "hidden_act must be a string", "got 7")]
    [InlineData("\"initializer_range\": \"0.02\"", "initializer_range must be a finite number > 0", "got \"0.02\"")]
    [InlineData("\"initializer_range\": 0", "initializer_range must be a finite number > 0", "got 0")]
    [InlineData("\"initializer_range\": 1e999", "initializer_range must be a finite number > 0", "got 1e999")]
    [InlineData("\"initializer_range\": [0.02]", "initializer_range must be", "got [0.02]")]
    [InlineData("\"head_dim\": -1", "head_dim must be an integer from 1", "got -1")]
    [InlineData("\"num_key_value_heads\": 3", "num_key_value_heads must be a divisor of num_attention_heads = 4", "got 3")]
    [InlineData("\"num_key_value_heads\": \"2\"", "num_key_value_heads must be an integer", "got \"2\"")]
    [InlineData("\"max_position_embeddings\": 0", "max_position_embeddings must be an integer from 1", "got 0")]
    [InlineData("\"n_embd\": 65", "hidden_size = 64 and n_embd = 65", "disagree")]
    [InlineData("\"hidden_size\": 64", "hidden_size is given twice", "once")]
    [InlineData("\"num_local_experts\": 8", "num_local_experts must be 1 or absent, got 8", "import a dense model")]
    [InlineData("\"n_routed_experts\": 64", "n_routed_experts must be 1 or absent, got 64", "JSON record")]
    [InlineData("\"is_encoder_decoder\": true", "is_encoder_decoder must be false", "one half")]
    [InlineData("\"is_decoder\": \"yes\"", "is_decoder must be true or false", "got \"yes\"")]
    [InlineData("\"attention_dropout\": -1", "attention_dropout must be a finite number ≥ 0", "got -1")]
    [InlineData("\"text_config\": 3", "text_config must be an object", "got 3")]
    [InlineData("\"text_config\": {}", "text_config.hidden_size", "is missing")]
    [InlineData("\"text_config\": {\"hidden_size\": {\"a\": 1}}", "text_config.hidden_size must be an integer", "got {\"a\": 1}")]
    [InlineData("\"architectures\": \"LlamaModel\"", "architectures must be an array of strings", "got \"LlamaModel\"")]
    [InlineData("\"architectures\": [1]", "architectures must be an array of strings", "got [1]")]
    public void A_bad_key_is_named(string key, string message, string received) =>
        Refused(ImportTests.Tiny(key), message, received);

    private const string Vit =
        """{"model_type":"vit","hidden_size":64,"num_hidden_layers":2,"num_attention_heads":4,"intermediate_size":8""";

    [Theory]
    [InlineData("""{"model_type":"lama"}""", "model_type must be one of", "got 'lama'; did you mean llama")]
    [InlineData("""{"model_type":7}""", "model_type must be a string", "got 7")]
    [InlineData("""{"model_type":null,"architectures":["MambaForCausalLM"]}""", "architectures must name a class",
        "got 'MambaForCausalLM'")]
    [InlineData("""{"architectures":[]}""", "architectures must name a class", "gpt2, gpt_neox, bert")]
    [InlineData("""{"model_type":"mixtral","num_local_experts":8}""", "num_local_experts must be", "got 8")]
    [InlineData("""{"model_type":"llama"}""", "hidden_size or n_embd is missing", "an integer from 1")]
    [InlineData("""{"model_type":"llama","hidden_size":64}""", "num_hidden_layers or n_layer is missing", "integer")]
    [InlineData("""{"model_type":"llama","hidden_size":64,"num_hidden_layers":2}""", "num_attention_heads or n_head is missing", "integer")]
    [InlineData("""{"model_type":"llama","hidden_size":64,"num_hidden_layers":2,"num_attention_heads":4}""",
        "intermediate_size or n_inner is missing", "integer")]
    [InlineData("""{"model_type":"llama","hidden_size":-64}""", "hidden_size must be an integer from 1", "got -64")]
    [InlineData("""{"model_type":"llama","hidden_size":64.5}""", "hidden_size must be an integer", "got 64.5")]
    [InlineData("""{"model_type":"llama","hidden_size":99999999999}""", "hidden_size must be an integer", "got 99999999999")]
    [InlineData("""{"model_type":"llama","hidden_size":64,"num_hidden_layers":2,"num_attention_heads":7,"intermediate_size":8}""",
        "num_attention_heads must be a divisor of hidden_size = 64", "got 7")]
    [InlineData(Vit + ""","image_size":8,"patch_size":16}""", "image_size over patch_size", "got 8 over 16")]
    [InlineData(Vit + ""","image_size":[224,224],"patch_size":16}""", "image_size must be an integer", "got [224,224]")]
    [InlineData(Vit + ""","image_size":16777216,"patch_size":1}""", "image_size over patch_size", "got 16777216 over 1")]
    [InlineData("""{"model_type":"llama","a":[[[[[[[[[[1]]]]]]]]]]}""", "line 1", "depth of 8")]
    [InlineData("""{"model_type":"llama",""", "line 1", "JSON")]
    public void A_configuration_that_is_none_is_refused(string text, string message, string received) => Refused(text, message, received);

    [Fact]
    public void Numbers_that_leave_the_range_of_the_record_are_refused_by_it()
    {
        string text = ImportTests.Tiny("\"initializer_range\": 1e200");
        Assert.Throws<InvalidArchitectureException>(() => ImportTests.Parse(text));
        Assert.Throws<InvalidArchitectureException>(() => ImportTests.Parse(text.Replace("1e200", "1e-200")));
    }

    private static void Refused(string text, string message, string received)
    {
        InputException error = Assert.Throws<InputException>(() => ImportTests.Parse(text));
        Assert.Contains("test.json", error.Message);
        Assert.Contains(message, error.Message);
        Assert.Contains(received, error.Message);
        Assert.DoesNotContain('\n', error.Message);
    }
}
