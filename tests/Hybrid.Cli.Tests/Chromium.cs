using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Hybrid.Cli.Tests;

/// <summary>A page of the system's Chromium that shares nothing with others, driven over the browser's own DevTools protocol.</summary>
internal sealed class Chromium : IAsyncDisposable
{
    /// <summary>How long any answer may take.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ClientWebSocket _socket = new();
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonElement>> _waiting = new();
    private readonly SemaphoreSlim _sending = new(1);
    private string? _page;
    private int _count;

    private Chromium()
    {
    }

    /// <summary>Every address that the page asked for.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>Everything that the page complained about: exceptions, errors in its console, breaches of its policy.</summary>
    public ConcurrentQueue<string> Complaints { get; } = new();

    /// <summary>Opens an empty page of a size, in light or dark, in the browser at an address.</summary>
    public static async Task<Chromium> Open(string address, int width, int height, bool dark)
    {
        Chromium browser = new();
        await browser._socket.ConnectAsync(new Uri(address), CancellationToken.None);
        _ = browser.Receive();
        JsonElement context = await browser.Send("Target.createBrowserContext", new() { ["disposeOnDetach"] = true });
        JsonElement target = await browser.Send("Target.createTarget", new()
        {
            ["url"] = "about:blank",
            ["browserContextId"] = context.GetProperty("browserContextId").GetString(),
        });
        JsonElement session = await browser.Send(
            "Target.attachToTarget", new() { ["targetId"] = target.GetProperty("targetId").GetString(), ["flatten"] = true });
        browser._page = session.GetProperty("sessionId").GetString();
        foreach (string domain in (string[])["Page", "Runtime", "Network", "Log"])
            await browser.Send($"{domain}.enable", []);
        await browser.Show(width, height, dark);
        return browser;
    }

    /// <summary>On a screen, in a window of another size, in light or dark.</summary>
    public async Task Show(int width, int height, bool dark)
    {
        await Send("Emulation.setEmulatedMedia", new()
        {
            ["media"] = "",
            ["features"] = new JsonArray(new JsonObject { ["name"] = "prefers-color-scheme", ["value"] = dark ? "dark" : "light" }),
        });
        await Send("Emulation.setDeviceMetricsOverride", new()
        {
            ["width"] = width,
            ["height"] = height,
            ["deviceScaleFactor"] = 1,
            ["mobile"] = false,
        });
    }

    /// <summary>Goes to an address.</summary>
    public Task Go(string address) => Send("Page.navigate", new() { ["url"] = address });

    /// <summary>The value of an expression; a promise is waited for.</summary>
    public async Task<JsonElement> Value(string expression)
    {
        JsonElement answer = await Send("Runtime.evaluate", new()
        {
            ["expression"] = expression,
            ["returnByValue"] = true,
            ["awaitPromise"] = true,
        });
        if (answer.TryGetProperty("exceptionDetails", out JsonElement details))
            throw new InvalidOperationException($"{expression}: {details}");
        JsonElement result = answer.GetProperty("result");
        return result.TryGetProperty("value", out JsonElement value) ? value : default;
    }

    /// <summary>Waits until an expression is true.</summary>
    public async Task Until(string expression)
    {
        long start = Stopwatch.GetTimestamp();
        while (!await Holds(expression))
        {
            if (Stopwatch.GetElapsedTime(start) > Patience)
                throw new TimeoutException($"not within {Patience.TotalSeconds} s: {expression}\n{string.Join('\n', Complaints)}");
            await Task.Delay(20);
        }
    }

    /// <summary>Fails with everything that the page complained about.</summary>
    public void EnsureNoComplaints() => Xunit.Assert.True(Complaints.IsEmpty, string.Join('\n', Complaints));

    private async Task<bool> Holds(string expression)
    {
        try
        {
            return (await Value($"Boolean({expression})")).ValueKind == JsonValueKind.True;
        }
        catch (InvalidOperationException error) when (error.Message.Contains("context", StringComparison.Ordinal))
        {
            // The page has gone elsewhere meanwhile.
            return false;
        }
    }

    /// <summary>Where an element is: left, top, width and height within the window, into which it is scrolled.</summary>
    public async Task<double[]> Box(string selector)
    {
        JsonElement box = await Value($$"""
            (() => { const node = document.querySelector('{{selector}}'); node.scrollIntoView({ block: 'center', behavior: 'instant' });
            const box = node.getBoundingClientRect(); return [box.left, box.top, box.width, box.height]; })()
            """);
        return [.. box.EnumerateArray().Select(number => number.GetDouble())];
    }

    /// <summary>Presses at the first point, moves through the others and lets go at the last.</summary>
    public async Task Drag(params (double X, double Y)[] points)
    {
        await Mouse("mouseMoved", points[0], 0);
        await Mouse("mousePressed", points[0], 1);
        foreach ((double X, double Y) point in points)
        {
            await Mouse("mouseMoved", point, 1);
            await Task.Delay(30);
        }

        await Mouse("mouseReleased", points[^1], 0);
    }

    /// <summary>Presses and lets go of a key where the focus is.</summary>
    public async Task Press(string key)
    {
        int code = key switch { "ArrowLeft" => 37, "ArrowUp" => 38, "ArrowRight" => 39, "ArrowDown" => 40, _ => 0 };
        foreach (string type in (string[])["keyDown", "keyUp"])
        {
            await Send("Input.dispatchKeyEvent", new()
            {
                ["type"] = type,
                ["key"] = key,
                ["code"] = key,
                ["windowsVirtualKeyCode"] = code,
            });
        }
    }

    /// <summary>The page as it is seen, as PNG.</summary>
    public async Task<byte[]> Picture(bool whole = false)
    {
        JsonElement picture = await Send(
            "Page.captureScreenshot", new() { ["format"] = "png", ["captureBeyondViewport"] = whole });
        return picture.GetProperty("data").GetBytesFromBase64();
    }

    /// <summary>The page as it is printed, as PDF.</summary>
    public async Task<byte[]> Print() => (await Send("Page.printToPDF", [])).GetProperty("data").GetBytesFromBase64();

    /// <summary>A command of the protocol, to the page once there is one.</summary>
    public async Task<JsonElement> Send(string method, JsonObject parameters)
    {
        int id = Interlocked.Increment(ref _count);
        TaskCompletionSource<JsonElement> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[id] = answer;
        JsonObject message = new() { ["id"] = id, ["method"] = method, ["params"] = parameters };
        if (_page is not null)
            message["sessionId"] = _page;
        await _sending.WaitAsync();
        try
        {
            await _socket.SendAsync(
                Encoding.UTF8.GetBytes(message.ToJsonString()), WebSocketMessageType.Text, true, CancellationToken.None);
        }
        finally
        {
            _sending.Release();
        }

        return await answer.Task.WaitAsync(Patience);
    }

    /// <summary>Closes it: what is open belongs to who opened it.</summary>
    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        _sending.Dispose();
        return ValueTask.CompletedTask;
    }

    private Task Mouse(string type, (double X, double Y) point, int buttons) => Send("Input.dispatchMouseEvent", new()
    {
        ["type"] = type,
        ["x"] = point.X,
        ["y"] = point.Y,
        ["button"] = type == "mouseMoved" && buttons == 0 ? "none" : "left",
        ["buttons"] = buttons,
        ["clickCount"] = 1,
    });

    private async Task Receive()
    {
        byte[] buffer = new byte[1 << 16];
        using MemoryStream message = new();
        try
        {
            while (_socket.State == WebSocketState.Open)
            {
                WebSocketReceiveResult part = await _socket.ReceiveAsync(buffer, CancellationToken.None);
                message.Write(buffer, 0, part.Count);
                if (!part.EndOfMessage)
                    continue;
                using JsonDocument document = JsonDocument.Parse(message.ToArray());
                message.SetLength(0);
                Take(document.RootElement.Clone());
            }
        }
        catch (WebSocketException)
        {
            // It has been ended.
        }
    }

    private void Take(JsonElement message)
    {
        if (message.TryGetProperty("id", out JsonElement id))
        {
            if (!_waiting.TryRemove(id.GetInt32(), out TaskCompletionSource<JsonElement>? answer))
                return;
            if (message.TryGetProperty("result", out JsonElement result))
                answer.SetResult(result);
            else
                answer.SetException(new InvalidOperationException(message.GetRawText()));
            return;
        }

        JsonElement parameters = message.GetProperty("params");
        switch (message.GetProperty("method").GetString())
        {
            case "Network.requestWillBeSent":
                Requests.Enqueue(parameters.GetProperty("request").GetProperty("url").GetString()!);
                break;
            case "Runtime.exceptionThrown":
            case "Runtime.consoleAPICalled" when parameters.GetProperty("type").GetString() is "error" or "warning":
            case "Log.entryAdded" when parameters.GetProperty("entry").GetProperty("level").GetString() == "error":
                Complaints.Enqueue(parameters.GetRawText());
                break;
        }
    }
}
