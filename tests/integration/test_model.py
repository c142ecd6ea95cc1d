"""Asking the model: what an answer costs, how failures are told apart, and how often a call is tried again."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, Protocol

import httpx
import pytest
import respx

from orchestrator.boundaries.model.anthropic import AnthropicModel
from orchestrator.boundaries.model.none import NoModel
from orchestrator.boundaries.model.open import open_model
from orchestrator.boundaries.model.protocol import Model, Question, Size
from orchestrator.boundaries.model.scripted import ScriptedModel
from orchestrator.nouns.deciding import Classified, PlanDraft, Recommendation, Summary
from orchestrator.nouns.errors import ModelUnavailable, WhyNoModel
from orchestrator.nouns.policy import Effort, ModelPolicy, Price
from orchestrator.nouns.work import TaskType
from prompts import PromptError, load
from tests.bridge import bridged

URL = "https://api.anthropic.com/v1/messages"
FIX = {"type": "fix", "confidence": 0.9, "reason": "it crashes"}
POLICY = ModelPolicy(
    small="small-one", large="large-one", prices={"small-one": Price(input=1, output=5, cache_read=0.1, cache_write=1.25)}
)


def asking(**more: Any) -> Question[Classified]:
    return Question(prompt="classify", variables={"text": "The login crashes"}, answer=Classified, **more)


def replied(text: str, stop_reason: str = "end_turn", **usage: int) -> httpx.Response:
    """A reply of the Messages API, with a thinking block before the text as current models send one."""
    content = [{"type": "thinking", "thinking": "", "signature": "s"}, {"type": "text", "text": text}]
    body = {"id": "m", "type": "message", "role": "assistant", "model": "small-one", "content": content}
    tokens = {"input_tokens": 1000, "output_tokens": 100, **usage}
    return httpx.Response(200, json={**body, "stop_reason": stop_reason, "stop_sequence": None, "usage": tokens})


def failed(status: int, message: str = "no", **headers: str) -> httpx.Response:
    error = {"type": "error", "error": {"type": "api_error", "message": message}}
    return httpx.Response(status, json=error, headers={k.replace("_", "-"): v for k, v in headers.items()})


class Api:
    """The API's side: answers in order (the last one again and again), and what was sent to it."""

    def __init__(self, router: respx.MockRouter, policy: ModelPolicy = POLICY) -> None:
        self.route = router.post(URL)
        self.waits: list[float] = []
        self.model = AnthropicModel(policy, "a-key", http_client=bridged(), sleep=self._sleep)

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)

    def answers(self, *given: httpx.Response | type[httpx.TransportError]) -> None:
        left = list(given)

        def answer(request: httpx.Request) -> httpx.Response:
            one = left.pop(0) if len(left) > 1 else left[0]
            if isinstance(one, httpx.Response):
                return one
            raise one("gone", request=request)

        self.route.side_effect = answer

    @property
    def sent(self) -> list[dict[str, Any]]:
        return [json.loads(call.request.content) for call in self.route.calls]

    async def fails(self, **more: Any) -> ModelUnavailable:
        with pytest.raises(ModelUnavailable) as caught:
            await self.model.ask(asking(**more))
        return caught.value


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    with respx.mock(assert_all_called=False) as router:
        api = Api(router)
        yield api
        await api.model.close()


class Opened(Protocol):
    def __call__(self, *answers: dict[str, Any]) -> Model: ...


@pytest.fixture(params=["anthropic", "scripted"])
def opened(request: pytest.FixtureRequest, api: Api) -> Opened:
    """Both kinds of model, ready to give the answers in order."""

    def through_the_api(*answers: dict[str, Any]) -> Model:
        api.answers(*(replied(json.dumps(answer)) for answer in answers))
        return api.model

    def from_a_script(*answers: dict[str, Any]) -> Model:
        return ScriptedModel({"classify": list(answers)}, POLICY)

    return through_the_api if request.param == "anthropic" else from_a_script


class TestEveryModel:
    async def test_gives_an_answer_of_the_asked_type_with_its_usage(self, opened: Opened) -> None:
        model = opened(FIX)
        answer = await model.ask(asking())
        assert model.absent is None
        assert answer.value == Classified(type=TaskType.fix, confidence=0.9, reason="it crashes")
        assert answer.usage.model == "small-one"
        assert answer.usage.prompt == load("classify").version
        assert answer.usage.tokens_in > 0
        assert answer.usage.cost_usd > 0

    async def test_never_returns_what_does_not_fit_the_type(self, opened: Opened) -> None:
        with pytest.raises(ModelUnavailable, match="confidence") as caught:
            await opened({**FIX, "confidence": 1.5}).ask(asking())
        assert caught.value.why is WhyNoModel.malformed
        assert caught.value.usage is not None
        assert caught.value.usage.cost_usd > 0

    async def test_does_not_begin_what_the_budget_cannot_pay(self, opened: Opened) -> None:
        with pytest.raises(ModelUnavailable, match="budget") as caught:
            await opened(FIX).ask(asking(left_usd=0.02))  # the answer alone may cost 4096 × $5 / 1M = $0.0205
        assert caught.value.why is WhyNoModel.over_budget
        assert caught.value.usage is None

    async def test_takes_the_large_model_when_asked_to(self, opened: Opened) -> None:
        assert (await opened(FIX).ask(asking(size=Size.large))).usage.model == "large-one"

    async def test_wants_exactly_the_prompts_variables(self, opened: Opened) -> None:
        with pytest.raises(PromptError, match=r"missing \['text'\], unknown \['txt'\]"):
            await opened(FIX).ask(Question(prompt="classify", variables={"txt": "x"}, answer=Classified))


class TestWhatIsSent:
    async def test_a_cached_system_text_a_schema_the_api_accepts_and_little_effort(self, api: Api) -> None:
        api.answers(replied(json.dumps(FIX)))
        await api.model.ask(asking())
        [body] = api.sent
        assert body["system"][0]["cache_control"] == {"type": "ephemeral"}
        assert body["output_config"]["effort"] == "low"
        assert body["max_tokens"] == 4096
        assert "The login crashes" in body["messages"][0]["content"]
        assert not {"temperature", "thinking", "tools"} & set(body)

    @pytest.mark.parametrize("answer", [Classified, PlanDraft, Recommendation, Summary])
    async def test_no_schema_has_keywords_that_the_api_rejects(self, api: Api, answer: type[Any]) -> None:
        api.answers(replied("{}"))
        with pytest.raises(ModelUnavailable):
            await api.model.ask(Question(prompt="classify", variables={"text": "x"}, answer=answer))
        found: set[str] = set()
        schema = api.sent[0]["output_config"]["format"]["schema"]
        json.loads(json.dumps(schema), object_hook=found.update)
        assert not found & {"minimum", "maximum", "minLength", "maxItems", "pattern", "default", "prefixItems"}
        assert schema["additionalProperties"] is False

    async def test_models_without_effort_are_asked_without_it(self, api: Api) -> None:
        api.answers(replied(json.dumps(FIX)))
        model = AnthropicModel(POLICY.model_copy(update={"effort": None}), "a-key", http_client=bridged())
        await model.ask(asking())
        await model.close()
        assert "effort" not in api.sent[0]["output_config"]

    async def test_file_names_of_another_encoding_can_be_sent(self, api: Api) -> None:
        api.answers(replied(json.dumps(FIX)))
        await api.model.ask(Question(prompt="classify", variables={"text": "fix caf\udce9.py"}, answer=Classified))
        assert "fix caf?.py" in api.sent[0]["messages"][0]["content"]


class TestWhatItCosts:
    async def test_tokens_by_the_models_price(self, api: Api) -> None:
        api.answers(replied(json.dumps(FIX)))
        usage = (await api.model.ask(asking())).usage
        assert (usage.tokens_in, usage.tokens_out) == (1000, 100)
        assert usage.cost_usd == pytest.approx(0.0015)  # 1000 × $1/M + 100 × $5/M

    async def test_cached_tokens_by_their_own_price(self, api: Api) -> None:
        api.answers(replied(json.dumps(FIX), cache_read_input_tokens=10_000, cache_creation_input_tokens=4000))
        usage = (await api.model.ask(asking())).usage
        assert (usage.tokens_cache_read, usage.tokens_cache_write) == (10_000, 4000)
        assert usage.cost_usd == pytest.approx(0.0015 + 0.001 + 0.005)  # + 10,000 × $0.10/M + 4,000 × $1.25/M

    async def test_nothing_is_sent_when_the_budget_is_short(self, api: Api) -> None:
        error = await api.fails(left_usd=0.0)
        assert error.why is WhyNoModel.over_budget
        assert not api.route.called


class TestAnAnswerThatDoesNotFit:
    async def test_is_asked_for_once_more_and_both_are_paid(self, api: Api) -> None:
        api.answers(replied('{"type": "mend", "confidence": 0.9, "reason": "x"}'), replied(json.dumps(FIX)))
        answer = await api.model.ask(asking())
        assert answer.value.type is TaskType.fix
        assert answer.usage.tokens_in == 2000
        assert answer.usage.cost_usd == pytest.approx(0.003)
        said = api.sent[1]["messages"]
        assert [m["role"] for m in said] == ["user", "assistant", "user"]
        assert "type: Input should be 'implement', 'fix'" in said[2]["content"]

    @pytest.mark.parametrize("text", ["", "sorry, no JSON", "[]", '{"type": "fix"}', json.dumps({**FIX, "also": 1})])
    async def test_twice_is_malformed_and_both_are_paid(self, api: Api, text: str) -> None:
        api.answers(replied(text))
        error = await api.fails()
        assert error.why is WhyNoModel.malformed
        assert api.route.call_count == 2
        assert error.usage is not None
        assert error.usage.cost_usd == pytest.approx(0.003)

    async def test_is_not_asked_for_again_beyond_the_budget(self, api: Api) -> None:
        api.answers(replied("{}", input_tokens=100_000))  # costs $0.1005
        error = await api.fails(left_usd=0.12)
        assert error.why is WhyNoModel.over_budget
        assert api.route.call_count == 1
        assert error.usage is not None
        assert error.usage.cost_usd == pytest.approx(0.1005)

    async def test_what_was_paid_rides_on_a_later_failure(self, api: Api) -> None:
        api.answers(replied("{}"), failed(401))
        error = await api.fails()
        assert error.why is WhyNoModel.bad_key
        assert error.usage is not None
        assert error.usage.tokens_in == 1000


class TestRefusedOrCutOff:
    @pytest.mark.parametrize(
        ("stop", "why"),
        [
            ("refusal", WhyNoModel.refused),
            ("max_tokens", WhyNoModel.truncated),
            ("model_context_window_exceeded", WhyNoModel.truncated),
        ],
    )
    async def test_is_not_tried_again_and_is_paid(self, api: Api, stop: str, why: WhyNoModel) -> None:
        api.answers(replied(json.dumps(FIX)[:20], stop))
        error = await api.fails()
        assert error.why is why
        assert api.route.call_count == 1
        assert error.usage is not None
        assert error.usage.cost_usd == pytest.approx(0.0015)

    async def test_a_reason_to_stop_that_is_new_is_an_ordinary_end(self, api: Api) -> None:
        api.answers(replied(json.dumps(FIX), "some_new_reason"))
        assert (await api.model.ask(asking())).value.type is TaskType.fix

    @pytest.mark.parametrize("body", ["<html>log in to the hotel's network</html>", "", "{}", '{"content": 3}', '{"cont'])
    async def test_what_is_no_reply_at_all_is_malformed(self, api: Api, body: str) -> None:
        api.answers(httpx.Response(200, text=body))
        error = await api.fails()
        assert error.why is WhyNoModel.malformed
        assert error.usage is None


class TestAnotherAttempt:
    async def test_waits_for_as_long_as_the_server_asks(self, api: Api) -> None:
        api.answers(failed(429, retry_after="7"), replied(json.dumps(FIX)))
        assert (await api.model.ask(asking())).value.type is TaskType.fix
        assert api.waits == [7.0]

    async def test_understands_a_date_too(self, api: Api) -> None:
        later = format_datetime(datetime.now(UTC) + timedelta(seconds=20), usegmt=True)
        api.answers(failed(429, retry_after=later), replied(json.dumps(FIX)))
        await api.model.ask(asking())
        assert 15 < api.waits[0] <= 20

    async def test_does_not_wait_for_longer_than_an_attempt_may_take(self, api: Api) -> None:
        api.answers(failed(429, retry_after="3600"))
        error = await api.fails()
        assert error.why is WhyNoModel.overloaded
        assert (api.route.call_count, api.waits) == (1, [])

    async def test_comes_after_an_overload(self, api: Api) -> None:
        api.answers(failed(529), failed(529), replied(json.dumps(FIX)))
        assert (await api.model.ask(asking())).usage.cost_usd == pytest.approx(0.0015)
        first, second = api.waits
        assert 0.25 <= first <= 0.5
        assert 0.5 <= second <= 1.0

    @pytest.mark.parametrize(
        ("answer", "why"),
        [
            (failed(500), WhyNoModel.overloaded),
            (failed(529), WhyNoModel.overloaded),
            (failed(429), WhyNoModel.overloaded),
            (failed(408), WhyNoModel.timeout),
            (httpx.ReadTimeout, WhyNoModel.timeout),
            (httpx.ConnectTimeout, WhyNoModel.timeout),
            (httpx.ConnectError, WhyNoModel.network),
            (httpx.RemoteProtocolError, WhyNoModel.network),
        ],
    )
    async def test_is_made_as_often_as_the_policy_says(
        self, api: Api, answer: httpx.Response | type[httpx.TransportError], why: WhyNoModel
    ) -> None:
        api.answers(answer)
        error = await api.fails()
        assert error.why is why
        assert error.usage is None
        assert api.route.call_count == POLICY.attempts == 4
        assert len(api.waits) == 3

    @pytest.mark.parametrize(
        ("answer", "why", "remedy"),
        [
            (failed(401), WhyNoModel.bad_key, "ANTHROPIC_API_KEY"),
            (failed(403), WhyNoModel.bad_key, "ANTHROPIC_API_KEY"),
            (failed(404), WhyNoModel.rejected, "model.small"),
            (failed(400, "effort is not supported"), WhyNoModel.rejected, "model.effort"),
            (failed(413), WhyNoModel.rejected, "model.small"),
            (failed(503, x_should_retry="false"), WhyNoModel.overloaded, ""),
        ],
    )
    async def test_is_not_made_where_it_cannot_help(self, api: Api, answer: httpx.Response, why: WhyNoModel, remedy: str) -> None:
        api.answers(answer)
        error = await api.fails()
        assert error.why is why
        assert remedy in error.remedy
        assert api.route.call_count == 1

    async def test_says_which_model_is_not_there(self, api: Api) -> None:
        api.answers(failed(404))
        assert "large-one" in str(await api.fails(size=Size.large))
        assert "model.large" in (await api.fails(size=Size.large)).remedy


class TestWhichModelThereIs:
    @pytest.mark.parametrize(
        ("environ", "why"),
        [
            ({}, WhyNoModel.no_key),
            ({"ANTHROPIC_API_KEY": "  "}, WhyNoModel.no_key),
            ({"ANTHROPIC_API_KEY": "clé"}, WhyNoModel.bad_key),
            ({"ANTHROPIC_API_KEY": "two lines\nof key"}, WhyNoModel.bad_key),
            ({"ANTHROPIC_API_KEY": "k", "TELEVIBE_NO_MODEL": "1"}, WhyNoModel.switched_off),
        ],
    )
    async def test_none_and_the_reason(self, environ: dict[str, str], why: WhyNoModel) -> None:
        model = open_model(POLICY, environ)
        assert model.absent is why
        with pytest.raises(ModelUnavailable) as caught:
            await model.ask(asking())
        assert caught.value.why is why

    async def test_the_one_behind_another_address(self, unused_tcp_port_factory: Callable[[], int]) -> None:
        url = f"http://127.0.0.1:{unused_tcp_port_factory()}"
        model = open_model(POLICY.model_copy(update={"attempts": 1}), {"ANTHROPIC_API_KEY": "k", "ANTHROPIC_BASE_URL": url})
        assert model.absent is None
        with pytest.raises(ModelUnavailable) as caught:
            await model.ask(asking())
        assert caught.value.why is WhyNoModel.network
        await model.close()

    async def test_one_that_does_not_answer_is_left_in_time(self) -> None:
        async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()  # until the caller has gone
            writer.close()

        async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            quick = POLICY.model_copy(update={"attempts": 1, "timeout_seconds": 0.2})
            model = open_model(quick, {"ANTHROPIC_API_KEY": "k", "ANTHROPIC_BASE_URL": url})
            with pytest.raises(ModelUnavailable, match="in time") as caught:
                await model.ask(asking())
            await model.close()
        assert caught.value.why is WhyNoModel.timeout

    async def test_none_says_so_whatever_it_is_asked(self) -> None:
        with pytest.raises(ModelUnavailable, match="no answer to 'classify'"):
            await NoModel(WhyNoModel.no_key).ask(asking())


class TestAScript:
    async def test_answers_in_order_and_remembers_the_questions(self) -> None:
        model = ScriptedModel({"classify": [FIX, ModelUnavailable(WhyNoModel.timeout, "too slow")]})
        assert (await model.ask(asking())).value.type is TaskType.fix
        with pytest.raises(ModelUnavailable, match="too slow"):
            await model.ask(asking())
        assert [q.variables["text"] for q in model.questions] == ["The login crashes"] * 2

    async def test_does_not_make_up_what_is_not_written(self) -> None:
        with pytest.raises(ModelUnavailable, match="no answer is written"):
            await ScriptedModel({}).ask(asking())


def test_the_longest_name_decides_the_price() -> None:
    policy = ModelPolicy()
    assert policy.price("claude-sonnet-5-5-20260928").cache_read == 0.1
    assert policy.price("claude-sonnet-5").cache_read == 0.2
    assert policy.price("somebody-elses") == policy.price("claude-fable-5")
    assert policy.effort is Effort.low
