"""Training: seeded, deterministic, kept every epoch, resumed to the same result."""

import hashlib
import json
import math
from pathlib import Path

import numpy as np
import torch

from hwgen.errors import HwgenError, UsageError
from hwgen.flow.outputs import replacing, write_file
from hwgen.formats.lut_network_file import network_bytes
from hwgen.lutnet.config import checked_configuration
from hwgen.lutnet.encoder import connected_elements, encoded, fitted_encoder
from hwgen.lutnet.evaluation import accuracies, accuracy, classes_by_table, training_split
from hwgen.lutnet.network import Network
from hwgen.lutnet.shift import Shifts

__all__ = ["checkpoint_file", "parameters_file", "torch_classes", "train"]

# vectors whose outputs are computed at a time, outside training
_AT_A_TIME = 2048


def checkpoint_file(out):
    """Return where an unfinished training is kept."""
    return Path(f"{out}.checkpoint")


def parameters_file(out):
    """Return where the real-valued parameters of a trained network are kept."""
    return Path(out).with_suffix(".parameters.safetensors")


def train(configuration, data, out, update=None):
    """Train a network and write it.

    Parameters
    ----------
    configuration : Configuration
    data : DataSet
    out : path
        Of the network; beside it stand its parameters, and a checkpoint until it is done.
    update : callable, optional
        ``update(text, done, total)`` is told where the work stands.

    Returns
    -------
    dict
        The facts that the file has.
    """
    run = _Run(configuration, data, Path(out))
    update = update or (lambda text, done=None, total=None: None)
    epochs = configuration.training.epochs
    while run.epoch < epochs:
        text = f"epoch {run.epoch + 1} of {epochs}"
        if run.best_state is not None:
            text += f", best validation {run.best:.2f} %"
        update(text, run.epoch, epochs)
        run.one_epoch(lambda part, text=text: update(text, run.epoch + part, epochs))
        run.keep()
    update("tables", epochs, epochs)
    return run.finish(update)


class _Run:
    """One training and its state."""

    def __init__(self, configuration, data, out):
        self.configuration, self.data, self.out = configuration, data, out
        options = configuration.training
        torch.set_num_threads(options.threads)
        torch.manual_seed(options.seed)
        self.network, self.training, self.validation = _prepared(configuration, data)
        self.shifts = None
        if options.shift:
            elements = self.network.encoded.elements.count
            self.shifts = Shifts(options.shift, data.inputs.count, elements, self.network.connected)
        self.optimizer = torch.optim.Adam(
            self.network.parameter_groups(options), lr=options.rate, fused=True
        )
        self.epoch, self.best, self.best_epoch, self.best_state = 0, -1.0, 0, None
        self.history = []
        self._resume()

    @property
    def steps(self):
        """Steps of an epoch; the vectors left over have their turn in another one."""
        return max(1, len(self.training[1]) // self.configuration.training.batch)

    def one_epoch(self, update):
        """Go through the training vectors once, in an order of this epoch's own."""
        options = self.configuration.training
        generator = np.random.default_rng([options.seed, self.epoch + 1])
        order = torch.from_numpy(generator.permutation(len(self.training[1])))
        codes, classes = self.training
        # the last epoch at least is of the network that is kept
        searched = min(options.epochs - 1, round(options.search * options.epochs))
        self.network.advance(self.epoch / searched if self.epoch < searched else 1.0)
        self.network.train()
        losses = 0.0
        for step in range(self.steps):
            chosen = order[step * options.batch : (step + 1) * options.batch]
            self._set_rates((self.epoch + step / self.steps) / options.epochs)
            logits = self.network(self._batch(codes[chosen], generator))
            loss = torch.nn.functional.cross_entropy(
                logits.T, classes[chosen], label_smoothing=options.smoothing
            )
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            self.network.constrain()
            losses += loss.item()
            update((step + 1) / self.steps)
        self.epoch += 1
        if not math.isfinite(losses):
            raise HwgenError("training diverged: the loss is not finite; make training.rate less")
        self._judge(losses / self.steps)

    def _batch(self, codes, generator):
        if self.shifts:
            codes = self.shifts.moved(codes, generator)
        return codes.T.contiguous().float()

    def _set_rates(self, done):
        for group in self.optimizer.param_groups:
            group["lr"] = group["peak"] * 0.5 * (1 + math.cos(math.pi * done))

    def _judge(self, loss):
        """Note how good this epoch's network is on the validation vectors; keep the best."""
        codes, classes = self.validation
        found = _logit_classes(self.network.eval(), codes.T)
        percent = accuracy(found, classes.numpy())
        self.history.append([round(loss, 5), round(percent, 3)])
        if percent > self.best and not self.network.searching:
            self.best, self.best_epoch = percent, self.epoch
            state = self.network.state_dict()
            self.best_state = {name: tensor.clone() for name, tensor in state.items()}

    @property
    def _identity(self):
        """What must be equal for a checkpoint to be this training's."""
        # what is trained does not depend on the budget
        unsaid = {"data": {"path"}, "budget": True}
        text = json.dumps(self.configuration.model_dump(exclude=unsaid))
        return hashlib.sha256(f"{text} {self.data.digest}".encode()).hexdigest()

    def keep(self):
        """Write the checkpoint."""
        names = ("epoch", "best", "best_epoch", "best_state", "history")
        state = {name: getattr(self, name) for name in names}
        state |= {"identity": self._identity, "network": self.network.state_dict()}
        with replacing(checkpoint_file(self.out)) as file:
            torch.save(state | {"optimizer": self.optimizer.state_dict()}, file)

    def _resume(self):
        path = checkpoint_file(self.out)
        if not path.exists():
            return
        try:
            state = torch.load(path, weights_only=True)
            identity = state["identity"]
        except Exception as error:
            reason = str(error).splitlines()[0]
            raise UsageError(f"checkpoint {str(path)!r} cannot be read: {reason}") from None
        if identity != self._identity:
            raise UsageError(
                f"checkpoint {str(path)!r} is of another configuration or other data; "
                "remove it, or choose another --out"
            )
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        for name in ("epoch", "best", "best_epoch", "best_state", "history"):
            setattr(self, name, state[name])

    def finish(self, update):
        """Write network and parameters of the best epoch, within the budget; return the facts."""
        from safetensors.torch import save

        self.network.load_state_dict(self.best_state)
        exact = self.network.eval().double()
        integers, margin = exact.tabulated()
        facts = self._facts(integers, margin)
        if self.configuration.budget is not None:
            integers, facts = self._within_budget(integers, facts, update)
        parameters = save({name: each.contiguous() for name, each in self.best_state.items()})
        write_file(parameters_file(self.out), parameters)
        write_file(self.out, network_bytes(integers, facts))
        checkpoint_file(self.out).unlink(missing_ok=True)
        return facts

    def _within_budget(self, integers, facts, update):
        """Return the network pruned to the budget, and its facts."""
        from hwgen.lutnet.pruning import pruned

        data, options, budget = self.data, self.configuration.training, self.configuration.budget
        used, _ = training_split(len(data.train), options)
        found = pruned(
            integers,
            data.train[used],
            data.train_classes[used],
            budget.limits,
            shift=options.shift,
            update=update,
            target=budget.target,
        )
        return found.network, facts | {
            "accuracy": accuracies(found.network, data, options),
            "pruned": found.facts(integers, budget.limits, facts["accuracy"]),
        }

    def _facts(self, integers, margin):
        data = self.data
        percent = {
            "train": accuracy(classes_by_table(integers, data.train), data.train_classes),
            "validation": self.best,
            "test": accuracy(classes_by_table(integers, data.test), data.test_classes),
        }
        return {
            "configuration": self.configuration.facts(),
            "data": {
                "name": data.name,
                "sha256": data.digest,
                "vectors": {"train": len(data.train), "test": len(data.test)},
                "preparation": data.preparation,
            },
            "classes": list(data.classes),
            "accuracy": {name: round(each, 4) for name, each in percent.items()},
            "epoch": self.best_epoch,
            "margin": margin,
            "history": self.history,
            "torch": torch.__version__,
        }


def _prepared(configuration, data):
    """Return (Network, (codes, classes) to train with, the same to validate with)."""
    options = configuration.training
    encoder = fitted_encoder(configuration.encoder, data.train)
    codes = encoded(encoder, data.train)
    connected = connected_elements(codes, options.rarest)
    if not connected.size:
        raise UsageError("the encoder gives the same codes for all vectors; change its thresholds")
    network = Network(configuration, encoder, data.inputs, connected, len(data.classes))
    classes = torch.from_numpy(data.train_classes.astype(np.int64))
    used, held = map(torch.from_numpy, training_split(len(classes), options))
    # a row is a vector: a batch is read row by row
    codes = torch.from_numpy(codes.T.copy())
    chosen = codes[:, connected]
    # images are moved with all that is in them, also what is not connected
    training = ((codes if options.shift else chosen)[used], classes[used])
    return network, training, (chosen[held], classes[held])


@torch.no_grad()
def _logit_classes(network, codes):
    """Return the classes of encoded vectors, the first of equally likely ones."""
    kind = next(network.parameters()).dtype
    parts = [
        network(part.to(kind)).numpy().argmax(axis=0) for part in codes.split(_AT_A_TIME, dim=1)
    ]
    return np.concatenate(parts)


def torch_classes(out, facts, data, vectors):
    """Return the classes that the trained functions themselves give, in float64.

    Parameters
    ----------
    out : path
        Of the network; its parameters stand beside it.
    facts : dict
        Of its file.
    data : DataSet
        What it was trained with: the encoder is made anew.
    vectors : array of int, [vectors, features]
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    path = parameters_file(out)
    configuration = checked_configuration(
        facts["configuration"], lambda keys: f"facts of {str(out)!r}"
    )
    encoder = fitted_encoder(configuration.encoder, data.train)
    try:
        state = load_file(path)
        connected = state["connected"]
        network = Network(configuration, encoder, data.inputs, connected, len(data.classes))
        network.load_state_dict(state)
    except (OSError, SafetensorError, KeyError, RuntimeError) as error:
        reason = str(error).splitlines()[0]
        raise UsageError(
            f"backend torch must have the parameters {str(path)!r}, which hwgen lutnet train "
            f"writes beside a network: {reason}"
        ) from None
    codes = torch.from_numpy(encoded(encoder, vectors))[connected]
    return _logit_classes(network.eval().double(), codes)
