using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Hybrid.Cli.Verbs;
using Xunit;

namespace Hybrid.Cli.Tests.Explore;

/// <summary>What the server of hybrid explore refuses, and that it goes on serving after it.</summary>
public sealed class HostileRequestTests : IDisposable
{
    private readonly ExplorePage _page = new();
    private readonly HttpClient _client = new() { Timeout = TimeSpan.FromSeconds(60) };

    public void Dispose()
    {
        _client.Dispose();
        _page.Dispose();
    }

    [Fact]
    public async Task The_server_listens_on_this_machine_alone()
    {
        Assert.Equal("127.0.0.1", _page.Address.Host);
        foreach (IPAddress own in (await Dns.GetHostAddressesAsync(Dns.GetHostName())).Where(own => !IPAddress.IsLoopback(own)))
        {
            using TcpClient other = new(own.AddressFamily);
            await Assert.ThrowsAnyAsync<SocketException>(() => other.ConnectAsync(own, _page.Address.Port));
        }
    }

    [Theory]
    [InlineData("evil.example", 421)]
    [InlineData("evil.example:PORT", 421)]
    [InlineData("127.0.0.1", 421)]
    [InlineData("127.0.0.1:1", 421)]
    [InlineData("127.0.0.1.evil.example:PORT", 421)]
    [InlineData("[::1]:PORT", 421)]
    [InlineData("localhost:PORT", 200)]
    public async Task Another_host_name_leads_nowhere(string host, int expected)
    {
        string named = host.Replace("PORT", $"{_page.Address.Port}");
        string answer = await Raw($"GET {_page.Address.AbsolutePath} HTTP/1.1\r\nHost: {named}\r\nConnection: close\r\n\r\n");
        Assert.StartsWith($"HTTP/1.1 {expected} ", answer);
        Assert.Equal(expected == 200, answer.Contains("<title>", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/plotly.js")]
    [InlineData("/start")]
    [InlineData("/00000000000000000000000000000000/")]
    [InlineData("//")]
    [InlineData("/%2e%2e/")]
    public async Task Without_the_token_there_is_nothing(string path)
    {
        using HttpResponseMessage get = await _client.GetAsync(new Uri($"http://{_page.Address.Authority}{path}"));
        Assert.Equal(HttpStatusCode.NotFound, get.StatusCode);
        string text = await get.Content.ReadAsStringAsync();
        Assert.Contains("token", text);
        Assert.DoesNotContain(_page.Address.AbsolutePath.Trim('/'), text);
    }

    [Theory]
    [InlineData("http://evil.example", 403)]
    [InlineData("null", 403)]
    [InlineData("http://127.0.0.1:1", 403)]
    public async Task Another_page_cannot_ask(string origin, int expected)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, new Uri(_page.Address, "predict")) { Content = Body("{}") };
        request.Headers.Add("Origin", origin);
        using HttpResponseMessage answer = await _client.SendAsync(request);
        Assert.Equal(expected, (int)answer.StatusCode);
    }

    [Fact]
    public async Task Every_answer_forbids_the_page_to_ask_others_and_to_be_framed()
    {
        foreach (string path in (string[])["", "explore.js", "nothing"])
        {
            using HttpResponseMessage answer = await _client.GetAsync(new Uri(_page.Address, path));
            string policy = Assert.Single(answer.Headers.GetValues("Content-Security-Policy"));
            Assert.StartsWith("default-src 'none'", policy);
            Assert.Contains("connect-src 'self'", policy);
            Assert.Contains("frame-ancestors 'none'", policy);
            Assert.DoesNotContain("unsafe-eval", policy);
            Assert.Equal("no-referrer", Assert.Single(answer.Headers.GetValues("Referrer-Policy")));
        }
    }

    [Theory]
    [InlineData("", "JSON")]
    [InlineData("{", "JSON")]
    [InlineData("[]", "JSON object")]
    [InlineData("{}", "architecture")]
    [InlineData("{\"architecture\": 7}", "architecture")]
    [InlineData("{\"architecture\": {\"depht\": 2}}", "did you mean depth?")]
    [InlineData("{\"architecture\": {\"depth\": 1e99}}", "depth")]
    [InlineData("{\"architecture\": {\"depth\": 16777216}}", "at most 65536 layers")]
    [InlineData("{\"architecture\": {\"tokens\": 16777216, \"mask\": \"causal\"}}", "tokens")]
    [InlineData("{\"architecture\": {}, \"set\": [7]}", "path=value")]
    [InlineData("{\"architecture\": {}, \"set\": [\"mlp.inStd=-2\"]}", "mlp.inStd must be a finite number ≥ 0, got -2")]
    public async Task A_request_that_cannot_be_answered_says_why(string body, string message)
    {
        using HttpResponseMessage answer = await _client.PostAsync(new Uri(_page.Address, "predict"), Body(body));
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        string text = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("error").GetString()!;
        Assert.Contains(message, text);
        Assert.DoesNotContain("   at ", text);
        await Serves();
    }

    [Theory]
    [InlineData("--x: the page draws at most 101 values", "mlp.inStd=1:2:1000", "mlp.branch=0.1:1:9")]
    [InlineData("both sweep", "mlp.inStd=1:2:9", "mlp.inStd=1:2:9")]
    [InlineData("--y", "mlp.inStd=1:2:9", "norm=1:2:9")]
    public async Task A_diagram_that_cannot_be_drawn_says_why(string message, string x, string y)
    {
        using HttpResponseMessage answer =
            await _client.PostAsJsonAsync(new Uri(_page.Address, "phase"), new { architecture = new { }, x, y });
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(message, await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task A_huge_body_is_refused_before_it_is_read()
    {
        string head = $"POST {_page.Address.AbsolutePath}predict HTTP/1.1\r\nHost: {_page.Address.Authority}\r\n"
            + $"Content-Length: {ExploreServer.LargestBody + 1}\r\n\r\n";
        Assert.StartsWith("HTTP/1.1 413 ", await Raw(head));
        Assert.StartsWith("HTTP/1.1 414 ", await Raw($"GET /{new string('a', 1 << 16)} HTTP/1.1\r\n\r\n"));
        Assert.StartsWith("HTTP/1.1 431 ", await Raw($"GET / HTTP/1.1\r\nHost: a\r\nX: {new string('a', 1 << 16)}\r\n\r\n"));
        await Serves();
    }

    [Fact]
    public async Task Torn_and_meaningless_requests_leave_the_server_as_it_was()
    {
        string head = $"POST {_page.Address.AbsolutePath}predict HTTP/1.1\r\nHost: {_page.Address.Authority}\r\n";
        foreach (string torn in (string[])[
            $"{head}Content-Length: 1000\r\n\r\n{{\"architecture\"", $"{head}Content-Length: -7\r\n\r\n",
            $"{head}Transfer-Encoding: chunked\r\n\r\nzz\r\n", "GET", "\0\0\0\0", "HELLO\r\n\r\n", head])
        {
            using TcpClient client = new();
            await client.ConnectAsync(IPAddress.Loopback, _page.Address.Port);
            await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(torn));
        }

        await Serves();
    }

    [Fact]
    public async Task A_thousand_connections_at_once_are_too_many_and_harm_nobody()
    {
        TcpClient[] clients = [.. Enumerable.Range(0, 1000).Select(_ => new TcpClient())];
        byte[] request = Encoding.ASCII.GetBytes($"GET {_page.Address.AbsolutePath} HTTP/1.1\r\nHost: {_page.Address.Authority}\r\n\r\n");
        int[] answered = await Task.WhenAll(clients.Select(async client =>
        {
            try
            {
                await client.ConnectAsync(IPAddress.Loopback, _page.Address.Port);
                await client.GetStream().WriteAsync(request);
                byte[] answer = new byte[12];
                await client.GetStream().ReadExactlyAsync(answer).AsTask().WaitAsync(TimeSpan.FromSeconds(30));
                return Encoding.ASCII.GetString(answer) == "HTTP/1.1 200" ? 1 : 0;
            }
            catch (Exception error) when (error is IOException or SocketException or TimeoutException)
            {
                return 0;
            }
        }));
        Assert.InRange(answered.Sum(), 1, ExploreServer.MostConnections);
        foreach (TcpClient client in clients)
            client.Dispose();
        await Serves();
    }

    [Fact]
    public async Task A_reader_that_leaves_ends_the_work_that_was_for_it()
    {
        using CancellationTokenSource leaves = new();
        using HttpRequestMessage request = new(HttpMethod.Post, new Uri(_page.Address, "predict"))
        {
            Content = Body("{\"architecture\": {\"mask\": \"causal\", \"tokens\": 256, \"depth\": 48, \"heads\": 32, \"width\": 1024}}"),
        };
        using HttpResponseMessage answer = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using StreamReader lines = new(await answer.Content.ReadAsStreamAsync());
        Assert.Contains("\"coarse\":\"coarse: 2 draws", await lines.ReadLineAsync());
        answer.Dispose();

        // The exact answer would take longer than all of these together.
        for (int i = 0; i < 3; i++)
            await Serves();
    }

    /// <summary>It still answers.</summary>
    private async Task Serves()
    {
        using HttpResponseMessage answer =
            await _client.PostAsJsonAsync(new Uri(_page.Address, "predict"), new { architecture = new { depth = 2 } });
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains("\"sentence\":\"verdict: ", await answer.Content.ReadAsStringAsync());
    }

    private static StringContent Body(string text) => new(text, Encoding.UTF8, "application/json");

    private async Task<string> Raw(string request)
    {
        using TcpClient client = new();
        await client.ConnectAsync(IPAddress.Loopback, _page.Address.Port);
        NetworkStream stream = client.GetStream();
        try
        {
            await stream.WriteAsync(Encoding.ASCII.GetBytes(request));
        }
        catch (IOException)
        {
            // It has answered and hung up already.
        }

        using StreamReader reader = new(stream, Encoding.UTF8);
        StringBuilder text = new();
        char[] part = new char[4096];
        try
        {
            for (int count; (count = await reader.ReadAsync(part)) > 0;)
                text.Append(part, 0, count);
        }
        catch (IOException)
        {
            // The rest of it is gone.
        }

        return text.ToString();
    }
}
