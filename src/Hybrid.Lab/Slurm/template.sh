#!/usr/bin/env bash
# How hybrid asks Slurm for an array of tasks. A line with a {name} for which nothing was given is left out.
#SBATCH --job-name={name}
#SBATCH --array=1-{tasks}
#SBATCH --time={time}
#SBATCH --mem={memory}
#SBATCH --cpus-per-task={cpus}
#SBATCH --gpus={gpus}
#SBATCH --partition={partition}
#SBATCH --account={account}
#SBATCH --output="{log}"
#SBATCH --open-mode=append
# A task is told before its time is over, leaves what it has done and has itself put in line again if that was anything; after a lost
# node it is put in line again too.
#SBATCH --signal=B:USR1@{grace}
#SBATCH --requeue

# Here a site loads its modules.

exec {command} --shard "$SLURM_ARRAY_TASK_ID/{tasks}" --threads "${SLURM_CPUS_PER_TASK:-1}" --requeue
