// What the verdict rests on: trained networks and published architectures with every candidate for the number that decides,
// one row each, docs/results/verdict-evidence.json. After `dotnet build -c Release`, from the repository's root:
//   dotnet fsi docs/scripts/verdict-evidence.fsx survey 0 200 survey.jsonl     trains random architectures 0..199, minutes to an hour
//   dotnet fsi docs/scripts/verdict-evidence.fsx grids 0 survey.jsonl          trains 39 chosen ones and appends them
//   dotnet fsi docs/scripts/verdict-evidence.fsx longer 2 5 8 survey.jsonl     trains every 8th network of loss-vs-exponents between 2 and 5
//                                                                             five times as long; then longer 5 99 7
//   dotnet fsi docs/scripts/verdict-evidence.fsx collect survey.jsonl docs/results/verdict-evidence.json
//   dotnet fsi docs/scripts/verdict-evidence.fsx published docs/results/verdict-evidence.json    predicts the published ones anew, and
//                                                                             prints them as docs/how-sure.md has them
#I "../../src/Hybrid.Cli/bin/Release/net10.0"
#r "MathNet.Numerics.dll"
#r "Hybrid.Architectures.dll"
#r "Hybrid.Theory.dll"
#r "Hybrid.Networks.dll"
#r "Hybrid.Import.dll"
#r "Hybrid.Drawing.dll"
#r "Hybrid.Lab.dll"

open System
open System.Globalization
open System.IO
open System.Text.Json.Nodes
open System.Text.RegularExpressions
open System.Threading.Tasks
open Hybrid.Import
open Hybrid.Import.Records
open Hybrid.Lab.Data
open Hybrid.Lab.Training
open Hybrid.Networks.Training
open Hybrid.Networks.Training
open Hybrid.Architectures
open Hybrid.Theory

let invariant = CultureInfo.InvariantCulture
let name (value: 'a) = string(value).ToLowerInvariant()

/// The chain of every experiment: order 2 over 8 tokens, entropy 1 nat.
let source = new MarkovSource(MarkovOptions(8, 2, 1.0, 2403UL))
let unigram = source.References[0].Nats

/// The share of what the context is worth that a network has learnt: 0 knows how frequent tokens are, 1 all there is to know.
let learnt tokens loss =
    let optimum = source.OptimalLoss(TrainingTask.NextToken, tokens).Value

    if Double.IsFinite loss then
        (unigram - loss) / (unigram - optimum)
    else
        -1.0

/// Sums along the layers that `predict` prints and along the collapsed line.
let sums (architecture: Architecture) =
    let prediction = Predict.architecture architecture
    let layers = prediction.Layers

    let first, second, last =
        layers[0], layers[min 1 architecture.Depth], layers[architecture.Depth]

    let blind = if architecture.Norm.IsBlindToScale then 1.0 else 0.0

    let angle = log last.U - log first.U

    let difference (layer: LayerPrediction) =
        layer.GradientDiagonal - layer.GradientOffDiagonal

    let inner =
        log (second.GradientDiagonal / last.GradientDiagonal)
        - blind * log (last.Q / second.Q)

    let relative value error =
        if value = 0.0 then 0.0 else error / abs value

    let error =
        if abs angle >= 0.5 * abs inner then
            relative last.U last.Uncertainty.U
        else
            0.5 * relative second.GradientDiagonal second.Uncertainty.GradientDiagonal

    [| angle
       log (first.GradientDiagonal / last.GradientDiagonal)
       log (last.Q / first.Q)
       inner
       log (difference second / difference last) - blind * log (last.Q / second.Q)
       layers |> Array.skip 1 |> Array.sumBy _.AngleExponent
       layers |> Array.skip 1 |> Array.sumBy _.GradientExponent
       max (abs angle) (0.5 * abs inner)
       error |]

let columns =
    [| "angleSum"
       "gradientSum"
       "streamGrowth"
       "innerGradient"
       "innerDifference"
       "lineAngle"
       "lineGradient"
       "counted"
       "standardError" |]

let relaxed =
    Text.Json.JsonSerializerOptions(Encoder = Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping)

let number (value: float) : JsonNode =
    if Double.IsFinite value then
        JsonValue.Create(Double.Parse(value.ToString("G4", invariant), invariant))
    else
        null

let row group label (norm: string) (depth: int) (values: float[]) (outcome: JsonNode) =
    JsonArray(
        [| JsonValue.Create(group: string) :> JsonNode
           JsonValue.Create(label: string)
           JsonValue.Create norm
           JsonValue.Create depth |]
        |> Array.append
        <| Array.map number values
        |> Array.append
        <| [| outcome |]
    )

let predicted group label (architecture: Architecture) outcome =
    row group label (name architecture.Norm) architecture.Depth (sums architecture) outcome

// ── random architectures, trained ──────────────────────────────────────────────────────────────────────────────────────

/// Number `index` of the survey; nothing is chosen but the ranges. Placements take turns.
let surveyed index =
    let random = MathNet.Numerics.Random.MersenneTwister(7000 + index, false)

    for _ in 1..10 do
        random.NextDouble() |> ignore

    let pick (values: 'a[]) =
        values[min (values.Length - 1) (int (random.NextDouble() * float values.Length))]

    let spread low high =
        let value: float = 10.0 ** (low + (high - low) * random.NextDouble())
        Double.Parse(value.ToString("G3", invariant), invariant)

    let norm =
        [| Placement.Pre
           Placement.Post
           Placement.Peri
           Placement.Output
           Placement.None |][index % 5]

    let depth = pick [| 4; 8; 16; 24 |]
    let blend = random.NextDouble() < 0.5

    let branch =
        if blend then
            pick [| 0.1; 0.2; 0.4; 0.6; 0.8 |]
        else
            pick [| 0.1; 0.25; 0.5; 1.0 |]

    let skip = if blend then sqrt (1.0 - branch * branch) else 1.0
    let logitStd = spread -0.3 1.3
    let valueStd = spread -0.3 0.3
    let inStd = spread -0.3 0.8
    let outStd = spread -0.3 0.3
    let embedding = spread -4.0 1.0

    { Architecture.defaults with
        Name = $"survey {index}"
        Tokens = 16
        Depth = depth
        Width = 32
        Heads = 4
        MlpWidth = 64
        Activation = pick [| Activation.Relu; Activation.GeluTanh; Activation.Tanh; Activation.Erf |]
        Norm = norm
        Mask = Mask.Causal
        Attention = AttentionParameters.Of(Schedule.Constant skip, Schedule.Constant branch, logitStd, valueStd)
        Mlp = MlpParameters.Of(Schedule.Constant skip, Schedule.Constant branch, inStd, 0.0, outStd)
        Input = { Norm = embedding; Correlation = 0.0 } }

/// Test loss after so many steps of AdamW at 3e-3 with 20 of warm-up and clipping at 1; +∞ where the run diverged.
let trainedFor steps (architecture: Architecture) seed =
    let options =
        TrainingOptions(
            ModelOptions(architecture, TrainingTask.NextToken, source.Vocabulary),
            OptimiserOptions(LearningRate = 3e-3, WarmupSteps = 20),
            16,
            steps,
            seed
        )

    use trainer = new DenseTrainer(options, 1)
    let batches = BatchMaker(source, options.Model, options.Seed)
    let batch = TokenBatch(options.Sequences, architecture.Tokens)
    let rule = DivergenceRule source.Vocabulary
    let mutable diverged = false
    let mutable step = 1

    while not diverged && step <= options.Steps do
        batches.Fill(Split.Train, int64 (step - 1), batch)
        let result = trainer.Step batch

        let entry =
            LogEntry(step, result.Loss, result.GradientNorm, result.LearningRate, Nullable())

        diverged <- not (isNull (rule.Observe entry))
        step <- step + 1

    if diverged then
        infinity
    else
        Array.average
            [| for number in 0L .. 15L ->
                   batches.Fill(Split.Test, number, batch)
                   trainer.Evaluate batch |]

let trained = trainedFor 400

let survey first last (path: string) =
    for index in first .. last - 1 do
        let architecture = surveyed index
        let share = learnt 16 (trained architecture (uint64 (index + 1)))
        // Kernels far in their asymptotes may take longer than anyone waits for: such a network has no row.
        let prediction =
            Task.Run(fun () -> predicted "survey" architecture.Name architecture (number share))

        if prediction.Wait 30000 then
            File.AppendAllText(path, prediction.Result.ToJsonString(relaxed) + "\n")
        else
            eprintfn $"survey {index}: no prediction in 30 s"

/// Two questions that the survey asks too seldom: attention's logits, and embeddings of every size.
let targeted =
    let network norm depth branch logitStd embedding =
        let weight = Schedule.Constant branch

        { surveyed 0 with
            Depth = depth
            Activation = Activation.GeluTanh
            Norm = norm
            Attention = AttentionParameters.Of(Schedule.Constant 1.0, weight, logitStd, 1.0)
            Mlp = MlpParameters.Of(Schedule.Constant 1.0, weight, sqrt 2.0, 0.0, 1.0)
            Input = { Norm = embedding; Correlation = 0.0 } }

    [| for embedding in [ 1e-4; 1e-2; 1.0 ] do
           for norm, branch in [ Placement.Pre, 1.0; Placement.Peri, 1.0; Placement.Post, 0.25 ] do
               yield $"q_0 = {embedding}", network norm 12 branch 1.0 embedding
       for depth in [ 12; 24 ] do
           for logitStd in [ 1.0; 4.0; 8.0; 16.0; 32.0 ] do
               for norm, branch in [ Placement.Pre, 1.0; Placement.Peri, 1.0; Placement.Post, 0.25 ] do
                   yield $"σ_A = {logitStd}", network norm depth branch logitStd 1.0 |]

let grids first (path: string) =
    for index in first .. targeted.Length - 1 do
        let label, architecture = targeted[index]
        let share = learnt 16 (trained architecture (uint64 (9001 + index)))
        let found = predicted "targeted" label architecture (number share)
        File.AppendAllText(path, found.ToJsonString(relaxed) + "\n")

// ── networks of the experiments, losses from their pages ───────────────────────────────────────────────────────────────

let decimal' (text: string) = Double.Parse(text, invariant)

let gridNetwork norm branch inStd logitStd depth =
    let skip = Schedule.Constant(sqrt (1.0 - branch * branch))

    { Architecture.defaults with
        Tokens = 16
        Depth = depth
        Width = 32
        Heads = 2
        MlpWidth = 64
        Activation = Activation.Erf
        Norm = norm
        Mask = Mask.Causal
        Attention = AttentionParameters.Of(skip, Schedule.Constant branch, logitStd, 1.0)
        Mlp = MlpParameters.Of(skip, Schedule.Constant branch, inStd, 0.0, 1.0)
        Input = { Norm = 1.0; Correlation = 0.0 } }

/// Every network of loss-vs-exponents with its mean loss, as the page "Every loss" has them.
let grid () =
    let page = File.ReadAllText "docs/results/loss-vs-exponents.md"
    let page = page[page.IndexOf "## Every loss" ..]

    let sections =
        Regex.Split(page, @"^(pre|peri|post): test loss", RegexOptions.Multiline)

    [| for part in 1..2 .. sections.Length - 2 do
           let norm =
               List.find (fun norm -> name norm = sections[part]) [ Placement.Pre; Placement.Peri; Placement.Post ]

           let table =
               sections[part + 1].Split('\n') |> Array.filter (fun line -> line.StartsWith '|')

           let cells (line: string) =
               line.Trim('|').Split('|') |> Array.map _.Trim()

           let heads =
               cells table[0]
               |> Array.skip 1
               |> Array.map (fun head -> Regex.Match(head, @"^L = (\d+), σ_A = ([\d.]+)$").Groups)

           for line in table do
               let place = Regex.Match(line, @"^\| a = ([\d.]+), σ_w = ([\d.]+) ")

               if place.Success then
                   for head, loss in Array.zip heads (Array.skip 1 (cells line)) do
                       let branch, inStd = place.Groups[1].Value, place.Groups[2].Value
                       let depth, logitStd = int head[1].Value, head[2].Value

                       predicted
                           "loss-vs-exponents"
                           $"a = {branch}, σ_w = {inStd}, σ_A = {logitStd}"
                           (gridNetwork norm (decimal' branch) (decimal' inStd) (decimal' logitStd) depth)
                           (number (learnt 16 (decimal' loss))) |]

/// Every so many-th network of that grid with a number between two, trained five times as long: whether they are slow or lost.
let longer low high every (path: string) =
    let between =
        [| for norm in [ Placement.Pre; Placement.Peri; Placement.Post ] do
               for branch in [ 0.1; 0.2; 0.4; 0.6; 0.8 ] do
                   for inStd in [ 0.5; 1.0; 2.0; 4.0; 8.0 ] do
                       for depth in [ 4; 8; 16 ] do
                           for logitStd in [ 0.5; 2.0 ] do
                               let network = gridNetwork norm branch inStd logitStd depth
                               let counted = (sums network)[7]

                               if counted > low && counted <= high then
                                   yield $"a = {branch}, σ_w = {inStd}, σ_A = {logitStd}, 3000 steps", network |]

    for index in 0..every .. between.Length - 1 do
        let label, network = between[index]
        let share = learnt 16 (trainedFor 3000 network (uint64 (5001 + index)))
        File.AppendAllText(path, (predicted "longer" label network (number share)).ToJsonString(relaxed) + "\n")

/// The nine networks of norm-placement with the least of their mean losses over optimisers.
let placements () =
    let page = File.ReadAllText "docs/results/norm-placement.md"
    let page = page[page.IndexOf "Mean test loss of the runs" ..]

    let best =
        Regex.Matches(
            page,
            @"^\| (pre|post|peri), Δt = ([\d.]+) +\|.*\| +([\d.]+) ± [\de.-]+ \|\r?$",
            RegexOptions.Multiline
        )

    [| for found in best do
           let norm =
               List.find
                   (fun norm -> name norm = found.Groups[1].Value)
                   [ Placement.Pre; Placement.Post; Placement.Peri ]

           let step = Schedule.Constant(decimal' found.Groups[2].Value)
           let grid = gridNetwork norm 0.5 1.0 1.0 16

           let network =
               { grid with
                   Tokens = 32
                   Width = 64
                   MlpWidth = 128
                   Activation = Activation.GeluTanh
                   Attention =
                       { grid.Attention with
                           Skip = Schedule.Constant 1.0
                           Branch = step }
                   Mlp =
                       { grid.Mlp with
                           Skip = Schedule.Constant 1.0
                           Branch = step } }

           predicted
               "norm-placement"
               $"Δt = {found.Groups[2].Value}"
               network
               (number (learnt 32 (decimal' found.Groups[3].Value))) |]

// ── architectures that were trained, or are known to fail, as published ────────────────────────────────────────────────

let post depth skip branch weight =
    { Architecture.defaults with
        Tokens = 32
        Depth = depth
        Width = 512
        Heads = 8
        MlpWidth = 2048
        Activation = Activation.Relu
        Norm = Placement.Post
        Attention =
            AttentionParameters.Of(Schedule.Constant skip, Schedule.Constant branch, 0.5, sqrt 0.5 * weight * weight)
        Mlp =
            MlpParameters.Of(
                Schedule.Constant skip,
                Schedule.Constant branch,
                sqrt 0.4 * weight,
                0.0,
                sqrt 1.6 * weight
            )
        Input = { Norm = 1.0; Correlation = 0.5 } }

let strong logitStd =
    { Architecture.defaults with
        Tokens = 64
        Depth = 12
        Width = 512
        Heads = 16
        MlpWidth = 2048
        Activation = Activation.Gelu
        Gated = true
        Norm = Placement.Peri
        Mask = Mask.Causal
        Attention =
            { Architecture.defaults.Attention with
                LogitStd = logitStd }
        Input = { Norm = 2.0; Correlation = 0.0 } }

let published () =
    let trains label architecture =
        predicted "published" label architecture (JsonValue.Create "trains")

    let fails label architecture =
        predicted "published" label architecture (JsonValue.Create "fails")

    let warmUp label architecture =
        predicted "published" label architecture (JsonValue.Create "trains with warm-up")

    [| for preset in
           [ "gpt2"
             "gpt-neox-20b"
             "pythia-410m"
             "llama-7b"
             "llama-3.1-8b"
             "mistral-7b"
             "mixtral-8x7b"
             "qwen2-7b"
             "qwen3-8b"
             "qwen3-30b-a3b"
             "deepseek-7b"
             "deepseek-v3"
             "gpt-oss-20b"
             "olmo-7b"
             "olmo2-7b"
             "gemma-7b"
             "gemma2-9b"
             "gemma3-1b"
             "vit-base" ] do
           yield trains preset (ArchitectureSource.Load preset)
       yield warmUp "bert-base" (ArchitectureSource.Load "bert-base")
       let llama = ArchitectureSource.Load "llama-7b"

       yield
           trains
               "80 blocks of width 8192 at 0.02"
               { llama with
                   Depth = 80
                   Width = 8192
                   Heads = 64
                   MlpWidth = 28672
                   Attention =
                       { llama.Attention with
                           LogitStd = 8192.0 * 0.0004
                           ValueStd = 8192.0 * 0.0004 }
                   Mlp =
                       { llama.Mlp with
                           InStd = 0.02 * sqrt 8192.0
                           OutStd = 0.02 * sqrt 28672.0 } }

       yield trains "post, Glorot's weights, 6 blocks" (post 6 1.0 1.0 1.0)

       yield warmUp "post, Glorot's weights, 12 blocks" (post 12 1.0 1.0 1.0)

       for depth in [ 18; 24; 48 ] do
           yield fails $"post, Glorot's weights, {depth} blocks, no warm-up" (post depth 1.0 1.0 1.0)

       for depth in [ 18; 100 ] do
           let alpha, beta = (2.0 * float depth) ** 0.25, (8.0 * float depth) ** -0.25
           yield trains $"DeepNorm, {depth} blocks" (post depth alpha 1.0 beta)

           yield fails $"DeepNorm's α on the branch, no β, {depth} blocks" (post depth 1.0 alpha 1.0)

       yield trains "peri, logits of standard deviation 1, 12 blocks" (strong 1.0)
       yield fails "peri, logits of standard deviation 16, 12 blocks" (strong 16.0) |]

/// One row a line, so that a difference between two versions can be read.
let write (path: string) (rows: JsonArray[]) =
    let document =
        JsonArray(
            Array.concat [ [| "group"; "name"; "placement"; "depth" |]; columns; [| "outcome" |] ]
            |> Array.map (fun column -> JsonValue.Create column :> JsonNode)
        )

    let lines = rows |> Array.map (fun row -> "    " + row.ToJsonString relaxed)

    File.WriteAllText(
        path,
        "{\n  \"columns\": "
        + document.ToJsonString()
        + ",\n  \"rows\": [\n"
        + String.Join(",\n", lines)
        + "\n  ]\n}\n"
    )

let collect (surveyPath: string) (path: string) =
    Array.concat
        [ grid ()
          placements ()
          File.ReadAllLines surveyPath
          |> Array.map (fun line -> JsonNode.Parse(line).AsArray())
          published () ]
    |> write path

/// The published architectures of a file predicted anew.
let refresh (path: string) =
    let document = JsonNode.Parse(File.ReadAllText path)

    let kept =
        document["rows"].AsArray()
        |> Seq.map _.AsArray()
        |> Seq.filter (fun (row: JsonArray) -> (row[0]).GetValue<string>() <> "published")
        |> Seq.toArray

    let fresh = published ()
    write path (Array.append kept fresh)

    for row in fresh do
        let cell (index: int) : float =
            if isNull (row[index]) then
                nan
            else
                (row[index]).GetValue<float>()

        let text (value: float) = value.ToString("F2", invariant)
        let sums = [ 4; 5; 6; 7; 11 ] |> List.map (cell >> text) |> String.concat " | "
        let verdict = (name (Trainability.decide Trainability.limits (cell 11) 0.0))
        printfn $"| {row[1]} | {row[2]} | {row[3]} | {sums} | {verdict} | {row[13]} |"

match Array.toList fsi.CommandLineArgs with
| [ _; "survey"; first; last; path ] -> survey (int first) (int last) path
| [ _; "grids"; first; path ] -> grids (int first) path
| [ _; "longer"; low; high; every; path ] -> longer (float low) (float high) (int every) path
| [ _; "collect"; surveyPath; path ] -> collect surveyPath path
| [ _; "published"; path ] -> refresh path
| _ ->
    eprintfn
        "survey FIRST LAST FILE, grids FIRST FILE, longer LOW HIGH EVERY FILE, collect SURVEY FILE, or published FILE"
