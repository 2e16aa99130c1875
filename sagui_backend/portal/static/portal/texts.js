// Every word of the page, in its three languages.

const TEXTS = {
  fr: {
    subtitle: "Crues, étiages et fortes pluies en Guyane",
    theme: "Thème", theme_flow: "Débits", theme_forecast: "Prévisions", theme_rain: "Pluies",
    measure: "Grandeur", measure_anomaly: "Écart à la normale", measure_flow: "Débit",
    more: "Autres pages", dashboards: "Tableaux de bord", layers: "Tuiles", admin: "Administration",
    language: "Langue", map: "Carte des rivières", map_keys: "Carte des rivières : les flèches la déplacent, plus et moins changent l'échelle, Entrée ouvre le tronçon le plus proche du centre", time: "Choix du jour", day: "Jour", play: "Animer", pause: "Arrêter",
    close: "Fermer", reference: "Période de référence", csv: "Données (CSV)",
    title_anomaly: "Écart à la normale de saison [%]", title_flow: "Débit [m³/s]", title_rain: "Pluie du jour [mm]",
    below: "moins de {0}", from: "{0} et plus", between: "{0} à {1}", unknown: "inconnu",
    stations_caption: "Stations",
    n: "normal", d1: "étiage 1", d2: "étiage 2", d3: "étiage 3", f1: "crue 1", f2: "crue 2", f3: "crue 3",
    r1: "forte", r2: "très forte", r3: "extrême",
    data_of: "Données du {0}", forecast_of: "Prévision émise le {0}", today: "aujourd'hui", yesterday: "hier", days_ago: "il y a {0} jours",
    stale: "Attention : les dernières données datent du {0} ({1}). La situation actuelle peut être différente.",
    empty: "Aucune donnée n'est encore publiée.",
    unreachable: "Les données ne peuvent pas être chargées. Nouvel essai dans {0} secondes.",
    no_webgl: "Ce navigateur ne sait pas dessiner la carte (WebGL). Les tableaux de bord montrent les mêmes données.",
    observed: "calculé", forecast: "prévision", spread: "dispersion de la prévision", expected: "normale de saison",
    rain: "pluie", reference_of: "référence {0}", is_forecast: "prévision",
    threshold_drought: "seuil d'étiage", threshold_flood_low: "crue, seuil bas", threshold_flood_mid: "crue, seuil moyen",
    threshold_flood_high: "crue, seuil haut",
    reach: "Tronçon {0}", reach_facts: "largeur {0} m, profondeur {1} m", station_facts: "{0}, tronçon {1}",
    no_series: "Aucune valeur connue sur cette période.", chart_words: "{0} : débit du {1} au {2}, de {3} à {4} m³/s",
  },
  en: {
    subtitle: "Floods, droughts and heavy rain in French Guiana",
    theme: "Theme", theme_flow: "Flow", theme_forecast: "Forecast", theme_rain: "Rain",
    measure: "Quantity", measure_anomaly: "Against normal", measure_flow: "Flow",
    more: "Other pages", dashboards: "Dashboards", layers: "Tiles", admin: "Administration",
    language: "Language", map: "Map of the rivers", map_keys: "Map of the rivers: arrows move it, plus and minus zoom, Enter opens the reach nearest to its middle", time: "Choice of the day", day: "Day", play: "Play", pause: "Pause",
    close: "Close", reference: "Reference period", csv: "Data (CSV)",
    title_anomaly: "Departure from the season's normal [%]", title_flow: "Flow [m³/s]", title_rain: "Rain of the day [mm]",
    below: "below {0}", from: "{0} and more", between: "{0} to {1}", unknown: "unknown",
    stations_caption: "Stations",
    n: "normal", d1: "drought 1", d2: "drought 2", d3: "drought 3", f1: "flood 1", f2: "flood 2", f3: "flood 3",
    r1: "heavy", r2: "very heavy", r3: "extreme",
    data_of: "Data of {0}", forecast_of: "Forecast issued on {0}", today: "today", yesterday: "yesterday", days_ago: "{0} days ago",
    stale: "Caution: the newest data are of {0} ({1}). The present situation may be different.",
    empty: "No data have been published yet.",
    unreachable: "The data cannot be loaded. Next try in {0} seconds.",
    no_webgl: "This browser cannot draw the map (WebGL). The dashboards show the same data.",
    observed: "computed", forecast: "forecast", spread: "spread of the forecast", expected: "normal of the season",
    rain: "rain", reference_of: "reference {0}", is_forecast: "forecast",
    threshold_drought: "drought threshold", threshold_flood_low: "flood, low threshold", threshold_flood_mid: "flood, middle threshold",
    threshold_flood_high: "flood, high threshold",
    reach: "Reach {0}", reach_facts: "{0} m wide, {1} m deep", station_facts: "{0}, reach {1}",
    no_series: "No known value in this period.", chart_words: "{0}: flow from {1} to {2}, between {3} and {4} m³/s",
  },
  pt: {
    subtitle: "Cheias, estiagens e chuvas fortes na Guiana Francesa",
    theme: "Tema", theme_flow: "Vazões", theme_forecast: "Previsões", theme_rain: "Chuvas",
    measure: "Grandeza", measure_anomaly: "Desvio do normal", measure_flow: "Vazão",
    more: "Outras páginas", dashboards: "Painéis", layers: "Tiles", admin: "Administração",
    language: "Idioma", map: "Mapa dos rios", map_keys: "Mapa dos rios: as setas movem-no, mais e menos mudam a escala, Enter abre o trecho mais próximo do centro", time: "Escolha do dia", day: "Dia", play: "Animar", pause: "Parar",
    close: "Fechar", reference: "Período de referência", csv: "Dados (CSV)",
    title_anomaly: "Desvio do normal da estação [%]", title_flow: "Vazão [m³/s]", title_rain: "Chuva do dia [mm]",
    below: "menos de {0}", from: "{0} ou mais", between: "{0} a {1}", unknown: "desconhecido",
    stations_caption: "Estações",
    n: "normal", d1: "estiagem 1", d2: "estiagem 2", d3: "estiagem 3", f1: "cheia 1", f2: "cheia 2", f3: "cheia 3",
    r1: "forte", r2: "muito forte", r3: "extrema",
    data_of: "Dados de {0}", forecast_of: "Previsão emitida em {0}", today: "hoje", yesterday: "ontem", days_ago: "há {0} dias",
    stale: "Atenção: os dados mais recentes são de {0} ({1}). A situação atual pode ser diferente.",
    empty: "Ainda não há dados publicados.",
    unreachable: "Os dados não podem ser carregados. Nova tentativa em {0} segundos.",
    no_webgl: "Este navegador não consegue desenhar o mapa (WebGL). Os painéis mostram os mesmos dados.",
    observed: "calculada", forecast: "previsão", spread: "dispersão da previsão", expected: "normal da estação",
    rain: "chuva", reference_of: "referência {0}", is_forecast: "previsão",
    threshold_drought: "limiar de estiagem", threshold_flood_low: "cheia, limiar baixo", threshold_flood_mid: "cheia, limiar médio",
    threshold_flood_high: "cheia, limiar alto",
    reach: "Trecho {0}", reach_facts: "largura {0} m, profundidade {1} m", station_facts: "{0}, trecho {1}",
    no_series: "Nenhum valor conhecido neste período.", chart_words: "{0}: vazão de {1} a {2}, entre {3} e {4} m³/s",
  },
};

// How each language writes days and numbers here.
const LOCALES = { fr: "fr", en: "en-GB", pt: "pt-BR" };

let language = "fr";

export const languages = Object.keys(TEXTS);
export const currentLanguage = () => language;

export function preferredLanguage(wanted) {
  const candidates = [wanted, ...(navigator.languages ?? [])].map((code) => (code ?? "").slice(0, 2).toLowerCase());
  return candidates.find((code) => code in TEXTS) ?? "fr";
}

export function text(key, ...values) {
  return values.reduce((whole, value, place) => whole.replace(`{${place}}`, value), TEXTS[language][key]);
}

// Days are UTC days: never shown in the reader's own zone, where they would move.
export const dayText = (day, style = { weekday: "short", day: "numeric", month: "long", year: "numeric" }) =>
  new Intl.DateTimeFormat(LOCALES[language], { ...style, timeZone: "UTC" }).format(new Date(`${day}T00:00:00Z`));

export const numberText = (value, style = {}) =>
  new Intl.NumberFormat(LOCALES[language], { maximumSignificantDigits: Math.abs(value) < 100 ? 3 : 4, ...style }).format(value);

export function speak(code) {
  language = code;
  document.documentElement.lang = code;
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = text(element.dataset.text);
  for (const element of document.querySelectorAll("[data-text-label]"))
    element.setAttribute("aria-label", text(element.dataset.textLabel));
  for (const element of document.querySelectorAll("[data-text-title]")) element.title = text(element.dataset.textTitle);
  document.title = `SAGUI · ${text("subtitle")}`;
}
